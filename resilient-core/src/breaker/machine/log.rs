//! The log of a breaker: how often and how long it was in each state, and its last transitions.

use std::time::{Duration, Instant};

use super::Phase;
use super::history::History;
use crate::signal::{CircuitState, TimeInState, Transition, TransitionCounts};
use crate::time::nanos_between;

/// The nanoseconds spent in each state. They can count up to 584 years.
type Nanos = [u64; CircuitState::ALL.len()];

fn add(nanos: &mut Nanos, state: CircuitState, start: Instant, end: Instant) {
    let sum = &mut nanos[state as usize];
    *sum = sum.saturating_add(nanos_between(start, end));
}

#[derive(Debug)]
pub(super) struct Log {
    pub(super) counts: TransitionCounts,
    pub(super) history: History,
    times: Nanos,
    /// The instant up to which the times in each state have been added.
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

    /// Adds the time since the last call of this function to the time in the state of `phase`. If
    /// this state has an end and `now` is later, the time after the end counts for the next state.
    pub(super) fn time(&mut self, phase: &Phase, end: Option<Instant>, now: Instant) {
        self.times = self.nanos(phase, end, now);
        self.timed_until = self.timed_until.max(now);
    }

    pub(super) fn record(&mut self, transition: Transition, epoch: Instant) {
        let count = self.counts.of_mut(transition.to);
        *count = count.saturating_add(1);
        self.history.push(transition, epoch);
    }

    pub(super) fn times(&self, phase: &Phase, end: Option<Instant>, now: Instant) -> TimeInState {
        let nanos = self.nanos(phase, end, now);
        let mut times = TimeInState::default();
        for state in CircuitState::ALL {
            *times.of_mut(state) = Duration::from_nanos(nanos[state as usize]);
        }
        times
    }

    fn nanos(&self, phase: &Phase, end: Option<Instant>, now: Instant) -> Nanos {
        let mut nanos = self.times;
        let now = now.max(self.timed_until);
        let end = end.map_or(now, |end| end.clamp(self.timed_until, now));
        add(&mut nanos, phase.state(), self.timed_until, end);
        add(&mut nanos, phase.next_state(), end, now);
        nanos
    }
}
