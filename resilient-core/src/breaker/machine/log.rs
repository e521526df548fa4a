//! What a breaker has been through: how often it went into each state, for how long, and the last transitions.

use std::time::{Duration, Instant};

use super::history::History;
use crate::signal::{CircuitState, Transition};
use crate::time::nanos_between;

/// One value a state: how often, or how long.
macro_rules! by_state {
    ($(#[$doc:meta])* $name:ident of $value:ty { $($(#[$field_doc:meta])* $field:ident: $state:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $value,)*
        }

        impl $name {
            /// That of one state.
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

            fn of_mut(&mut self, state: CircuitState) -> &mut $value {
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
    /// How long the breaker has been in each state, by its own clock. They add up to its age.
    TimeInState of Duration {
        /// In `Closed`.
        closed: Closed,
        /// In `Open`, until the recovery time was over.
        open: Open,
        /// In `HalfOpen`: from the end of the recovery time on, also while no call came.
        half_open: HalfOpen,
        /// In `ForcedOpen`.
        forced_open: ForcedOpen,
        /// In `Disabled`.
        disabled: Disabled,
        /// In `ObserveOnly`.
        observe_only: ObserveOnly,
    }
}

/// The same in nanoseconds: 584 years in each.
type Nanos = [u64; CircuitState::ALL.len()];

fn add(nanos: &mut Nanos, state: CircuitState, start: Instant, end: Instant) {
    let sum = &mut nanos[state as usize];
    *sum = sum.saturating_add(nanos_between(start, end));
}

#[derive(Debug)]
pub(super) struct Log {
    counts: TransitionCounts,
    history: History,
    times: Nanos,
    /// Up to here the times are added up.
    timed_until: Instant,
}

impl Log {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            counts: TransitionCounts::default(),
            history: History::new(),
            times: Nanos::default(),
            timed_until: now,
        }
    }

    /// Adds the time since the last transition, of which what is after `due` belongs to half-open.
    pub(super) fn time(&mut self, state: CircuitState, due: Option<Instant>, now: Instant) {
        self.times = self.nanos(state, due, now);
        self.timed_until = self.timed_until.max(now);
    }

    pub(super) fn record(&mut self, transition: Transition, epoch: Instant) {
        let count = self.counts.of_mut(transition.to);
        *count = count.saturating_add(1);
        self.history.push(transition, epoch);
    }

    /// Corrects the open time of the last opening.
    pub(super) fn correct_opening(&mut self, open_for: Option<Duration>) {
        self.history.correct_opening(open_for);
    }

    pub(super) fn has_unfetched(&self) -> bool {
        self.history.has_unfetched()
    }

    pub(super) fn counts(&self) -> TransitionCounts {
        self.counts
    }

    /// Oldest first.
    pub(super) fn transitions(&self, epoch: Instant) -> impl Iterator<Item = Transition> + '_ {
        self.history.iter(epoch)
    }

    /// The transitions since this was last asked, oldest first.
    pub(super) fn fetch(&mut self, epoch: Instant) -> impl Iterator<Item = Transition> + '_ {
        self.history.fetch(epoch)
    }

    pub(super) fn times(
        &self,
        state: CircuitState,
        due: Option<Instant>,
        now: Instant,
    ) -> TimeInState {
        let nanos = self.nanos(state, due, now);
        let mut times = TimeInState::default();
        for state in CircuitState::ALL {
            *times.of_mut(state) = Duration::from_nanos(nanos[state as usize]);
        }
        times
    }

    fn nanos(&self, state: CircuitState, due: Option<Instant>, now: Instant) -> Nanos {
        let mut nanos = self.times;
        let now = now.max(self.timed_until);
        let end = due.map_or(now, |due| due.clamp(self.timed_until, now));
        add(&mut nanos, state, self.timed_until, end);
        add(&mut nanos, CircuitState::HalfOpen, end, now);
        nanos
    }
}
