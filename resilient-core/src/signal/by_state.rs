//! Values for each state of a breaker: how often it was entered, and for how long.

use std::time::Duration;

use super::circuit_state::CircuitState;

/// Defines a struct with one value for each state.
macro_rules! by_state {
    (
        $(#[$doc:meta])*
        $name:ident of $value:ty { $($(#[$field_doc:meta])* $field:ident: $state:ident,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $value,)*
        }

        impl $name {
            /// The value of one state.
            #[must_use]
            pub fn of(&self, state: CircuitState) -> $value {
                match state {
                    $(CircuitState::$state => self.$field,)*
                }
            }

            pub(crate) fn plus(&self, other: &Self) -> Self {
                Self {
                    $($field: self.$field.saturating_add(other.$field),)*
                }
            }

            pub(crate) fn of_mut(&mut self, state: CircuitState) -> &mut $value {
                match state {
                    $(CircuitState::$state => &mut self.$field,)*
                }
            }
        }
    };
}

by_state! {
    /// How often the breaker went into each state.
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    TransitionCounts of u64 {
        /// Into `Closed`.
        closed: Closed,
        /// Into `Open`.
        opened: Open,
        /// Into `HalfOpen`.
        half_opened: HalfOpen,
        /// Into `ForcedOpen`.
        forced_open: ForcedOpen,
        /// Into `Disabled`.
        disabled: Disabled,
        /// Into `ObserveOnly`.
        observe_only: ObserveOnly,
    }
}

by_state! {
    /// How long the breaker has been in each state, by its own clock. The times add up to its age.
    TimeInState of Duration {
        /// In `Closed`.
        closed: Closed,
        /// In `Open`, until the recovery time was over.
        open: Open,
        /// In `HalfOpen`: from the end of the recovery time on, even while no call came.
        half_open: HalfOpen,
        /// In `ForcedOpen`.
        forced_open: ForcedOpen,
        /// In `Disabled`.
        disabled: Disabled,
        /// In `ObserveOnly`.
        observe_only: ObserveOnly,
    }
}
