//! Queries of the state machine, and the transitions that have not been fetched.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Machine, Phase, Round};
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::{
    CircuitState, Condition, FailureRecord, Opening, OperatorNote, TimeInState, Transition,
    TransitionCounts, WindowCounts,
};
use crate::time::later;

impl Machine {
    pub(in crate::breaker) fn config(&self) -> &Arc<BreakerConfig> {
        &self.config
    }

    /// Returns the instant from which times count as nanoseconds.
    pub(in crate::breaker) fn epoch(&self) -> Instant {
        self.epoch
    }

    pub(in crate::breaker) fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the state that the last transition entered. If the time of this state is over and no
    /// call has come, this is still the old state, while [`Machine::state`] returns the next state.
    pub(in crate::breaker) fn entered(&self) -> CircuitState {
        self.phase.state()
    }

    /// Returns the state that the next caller would find. Changes nothing.
    pub(in crate::breaker) fn state(&self, now: Instant) -> CircuitState {
        if self.is_over(now) { self.phase.next_state() } else { self.entered() }
    }

    /// Returns the instant from which the time of the present state counts, and its end if it has
    /// one. Returns `None` for states that end only by calls or by hand.
    pub(in crate::breaker) fn period(&self) -> Option<(Instant, Option<Instant>)> {
        let can_end = self.phase.can_have_an_end();
        can_end.then(|| (self.period.since(), self.period.end()))
    }

    /// Returns from when on the next caller finds a closed circuit if nothing else happens: `now`
    /// or earlier if it does already, `None` for never.
    pub(in crate::breaker) fn closes_at(&self, now: Instant) -> Option<Instant> {
        match self.entered() {
            CircuitState::Closed => Some(now),
            _ if self.phase.next_state() != CircuitState::Closed => None,
            _ => self.period.time_left(now).and_then(|left| later(now, left)),
        }
    }

    /// Returns how long the present state lasts from now on, or `None` if it has no end or its time
    /// is over.
    pub(in crate::breaker) fn ends_in(&self, now: Instant) -> Option<Duration> {
        self.period.time_left(now).filter(|_| !self.is_over(now))
    }

    /// Returns the note of the operator who set the state that [`Machine::state`] returns.
    pub(in crate::breaker) fn note(&self, now: Instant) -> OperatorNote {
        if self.is_over(now) { OperatorNote::EMPTY } else { self.note.clone() }
    }

    /// Returns how long until a call may be admitted: zero if a call would be admitted now, `None`
    /// if the time is unknown.
    pub(in crate::breaker) fn retry_after(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            Phase::Open(_) | Phase::ForcedOpen => self.period.time_left(now),
            Phase::HalfOpen(round) => round.retry_after(&self.config, now),
            Phase::Closed(_) | Phase::Disabled | Phase::ObserveOnly { .. } => Some(Duration::ZERO),
        }
    }

    /// Returns whether the window has enough calls to trust the rates. If no rate is set, any
    /// number of calls is enough.
    pub(in crate::breaker) fn trusts_rates(&self) -> bool {
        let health = self.phase.health();
        health.is_some_and(|health| health.trusts_rates(&self.config))
    }

    pub(in crate::breaker) fn streak(&self, now: Instant) -> u32 {
        match self.phase.health() {
            Some(health) if !self.is_over(now) => health.streak(),
            _ => 0,
        }
    }

    /// Returns whether the next caller finds a closed circuit without a failed or slow call.
    pub(in crate::breaker) fn is_like_new(&self, now: Instant) -> bool {
        match &self.phase {
            Phase::Closed(health) => health.has_no_trouble(now),
            _ => self.state(now) == CircuitState::Closed,
        }
    }

    /// Returns the counts of the calls in the window, together with the number of overdue calls
    /// that the caller passes. Returns `None` if the breaker or its present state has no window.
    pub(in crate::breaker) fn window(&self, now: Instant, overdue: u64) -> Option<WindowCounts> {
        if self.is_over(now) {
            let closes = self.phase.next_state() == CircuitState::Closed;
            return (closes && self.config.window.is_some()).then(WindowCounts::default);
        }
        let health = self.phase.health().filter(|health| health.has_window());
        health.map(|health| health.counts(now, overdue))
    }

    /// Returns the calls that the breaker remembered when a condition last opened the circuit, or
    /// `None` if no condition has opened it yet.
    pub(in crate::breaker) fn last_opening(&self) -> Option<WindowCounts> {
        self.last_opening.as_deref().copied()
    }

    /// Returns the last failures, oldest first.
    pub(in crate::breaker) fn last_failures(&self) -> impl Iterator<Item = FailureRecord> + '_ {
        self.failures.iter()
    }

    /// Returns the conditions that can open or close the circuit in the state that
    /// [`Machine::state`] returns. The caller passes the number of overdue calls.
    pub(in crate::breaker) fn conditions(&self, now: Instant, overdue: u64) -> Vec<Condition> {
        let config = &self.config;
        let next = self.is_over(now).then(|| self.phase.next_state());
        match (&self.phase, next) {
            (_, Some(CircuitState::Closed)) => Health::new(config, now).conditions(config, now, 0),
            (_, Some(_)) => Round::default().conditions(config),
            (Phase::Closed(health) | Phase::ObserveOnly { health, .. }, None) => {
                health.conditions(config, now, overdue)
            }
            (Phase::HalfOpen(round), None) => round.conditions(config),
            (Phase::Open(_) | Phase::ForcedOpen | Phase::Disabled, None) => Vec::new(),
        }
    }

    pub(in crate::breaker) fn probes_in_flight(&self) -> usize {
        match &self.phase {
            Phase::HalfOpen(round) => round.in_flight(),
            _ => 0,
        }
    }

    /// Returns how many probe slots are free. A taken slot whose lease is over is not free.
    pub(in crate::breaker) fn free_slots(&self) -> usize {
        match &self.phase {
            Phase::HalfOpen(round) => round.free_slots(&self.config),
            _ => 0,
        }
    }

    pub(in crate::breaker) fn transitions(&self) -> TransitionCounts {
        self.log.counts
    }

    pub(in crate::breaker) fn time_in_state(&self, now: Instant) -> TimeInState {
        self.log.times(&self.phase, self.period.end(), now)
    }

    /// Returns the last transitions, oldest first.
    pub(in crate::breaker) fn history(&self) -> impl Iterator<Item = Transition> + '_ {
        self.log.history.iter(self.epoch)
    }

    /// Returns whether there is news that has not been fetched: a transition, or what would have
    /// opened an observe-only breaker.
    pub(in crate::breaker) fn has_news(&self) -> bool {
        self.log.history.has_unfetched() || self.would_open.is_some()
    }

    /// Returns the transitions since the last call of this function, oldest first.
    pub(in crate::breaker) fn fetch_transitions(
        &mut self,
    ) -> impl Iterator<Item = Transition> + '_ {
        self.log.history.fetch(self.epoch)
    }

    /// Returns what would have opened an observe-only breaker, if this has not been fetched yet.
    pub(in crate::breaker) fn fetch_would_open(&mut self) -> Option<Opening> {
        self.would_open.take()
    }
}
