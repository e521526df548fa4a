//! Queries of the state machine, and the transitions that have not been reported.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Machine, Phase};
use crate::breaker::config::BreakerConfig;
use crate::breaker::window::Health;
use crate::signal::{
    CircuitState, TimeInState, Transition, TransitionCounts, TransitionReason, WindowCounts,
};

impl Machine {
    pub(in crate::breaker) fn config(&self) -> &Arc<BreakerConfig> {
        &self.config
    }

    pub(in crate::breaker) fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the state that the last transition entered: still `Open` when the recovery time is
    /// over and no call has come. [`Machine::state`] then returns `HalfOpen`.
    pub(in crate::breaker) fn entered(&self) -> CircuitState {
        self.phase.state()
    }

    /// Returns the state that the next caller would find. Changes nothing.
    pub(in crate::breaker) fn state(&self, now: Instant) -> CircuitState {
        if self.is_due(now) { CircuitState::HalfOpen } else { self.entered() }
    }

    /// Returns when the recovery time ends. Returns `None` if the circuit is not open, or is open
    /// until an operator closes it.
    pub(in crate::breaker) fn end(&self) -> Option<Instant> {
        self.phase.outage()?.until
    }

    /// Returns when the circuit opened, and when the recovery time ends if it has an end. Returns
    /// `None` if the circuit is not open.
    pub(in crate::breaker) fn opening(&self) -> Option<(Instant, Option<Instant>)> {
        let outage = self.phase.outage()?;
        Some((outage.since, outage.until))
    }

    /// Returns how long until a call may be admitted: zero if a call would be admitted now, `None`
    /// if the time is unknown.
    pub(in crate::breaker) fn retry_after(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            Phase::Open(outage) => outage.time_left(now),
            Phase::HalfOpen(round) => round.retry_after(&self.config, now),
            Phase::ForcedOpen => None,
            Phase::Closed(_) | Phase::Disabled | Phase::ObserveOnly { .. } => Some(Duration::ZERO),
        }
    }

    /// Returns whether the window has enough calls to trust the rates. If no rate is set, any
    /// number of calls is enough.
    pub(in crate::breaker) fn trusts_rates(&self) -> bool {
        let health = self.phase.health();
        health.is_some_and(|health| health.trusts_rates(&self.config))
    }

    pub(in crate::breaker) fn streak(&self) -> u32 {
        self.phase.health().map_or(0, Health::streak)
    }

    /// Returns whether the circuit is closed and remembers no failed or slow call.
    pub(in crate::breaker) fn is_like_new(&self, now: Instant) -> bool {
        matches!(&self.phase, Phase::Closed(health) if health.has_no_trouble(now))
    }

    /// Returns the calls in the window with this many overdue calls, or `None` if the breaker or
    /// its present state has no window.
    pub(in crate::breaker) fn window(&self, now: Instant, overdue: u64) -> Option<WindowCounts> {
        let health = self.phase.health().filter(|health| health.has_window());
        health.map(|health| health.counts(now, overdue))
    }

    /// Returns the calls that the breaker remembered when a condition last opened the circuit, or
    /// `None` if no condition has opened it yet.
    pub(in crate::breaker) fn last_opening(&self) -> Option<WindowCounts> {
        self.last_opening.as_deref().copied()
    }

    pub(in crate::breaker) fn probes_in_flight(&self) -> usize {
        match &self.phase {
            Phase::HalfOpen(round) => round.in_flight(),
            _ => 0,
        }
    }

    pub(in crate::breaker) fn transitions(&self) -> TransitionCounts {
        self.log.counts
    }

    pub(in crate::breaker) fn time_in_state(&self, now: Instant) -> TimeInState {
        self.log.times(self.entered(), self.end(), now)
    }

    /// Returns the last transitions, oldest first.
    pub(in crate::breaker) fn history(&self) -> impl Iterator<Item = Transition> + '_ {
        self.log.history.iter(self.epoch)
    }

    /// Returns whether a transition or a would-open has not been fetched.
    pub(in crate::breaker) fn has_news(&self) -> bool {
        self.log.history.has_unfetched() || self.would_open.is_some()
    }

    /// Returns the transitions since the last call of this function, oldest first.
    pub(in crate::breaker) fn fetch_transitions(
        &mut self,
    ) -> impl Iterator<Item = Transition> + '_ {
        self.log.history.fetch(self.epoch)
    }

    /// Returns why an observed breaker would have opened, if this reason has not been fetched yet.
    pub(in crate::breaker) fn fetch_would_open(&mut self) -> Option<TransitionReason> {
        self.would_open.take()
    }
}
