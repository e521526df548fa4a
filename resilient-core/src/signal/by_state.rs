//! Values for each state of a breaker: how often the breaker entered it, and how long it stayed.

use std::time::Duration;

use super::circuit_state::CircuitState;

/// Defines a struct with one value for each state.
macro_rules! by_state {
    (
        $(#[$doc:meta])*
        $name:ident of $value:ty, $into:literal {
            $($field:ident: $state:ident $(, $more:literal)?;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $(
                #[doc = concat!($into, " `", stringify!($state), "`" $(, $more)?, ".")]
                pub $field: $value,
            )*
        }

        impl $name {
            /// Returns the value of one state.
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
    /// How often the breaker entered each state.
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    TransitionCounts of u64, "Into" {
        closed: Closed;
        opened: Open;
        half_opened: HalfOpen;
        forced_open: ForcedOpen;
        disabled: Disabled;
        observe_only: ObserveOnly;
    }
}

by_state! {
    /// How long the breaker has been in each state, by the breaker's clock. The times add up to the
    /// age of the breaker.
    TimeInState of Duration, "In" {
        closed: Closed;
        open: Open, ", until the recovery time was over";
        half_open: HalfOpen, ": from the end of the recovery time on, even before a call comes";
        forced_open: ForcedOpen;
        disabled: Disabled;
        observe_only: ObserveOnly;
    }
}
