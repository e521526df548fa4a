//! Queries of a breaker. They change nothing.

use std::sync::Arc;
use std::time::Instant;

use super::{BreakerParts, GuardedState, Kind, SharedBreaker};
use crate::breaker::config::BreakerConfig;
use crate::signal::{BreakerSnapshot, CallCounts, CircuitOpen, CircuitState, SettingsInForce};
use crate::time::ClockSource;

impl SharedBreaker {
    pub(crate) fn config(&self) -> Arc<BreakerConfig> {
        Arc::clone(self.parts().lock().machine.config())
    }

    pub(crate) fn settings(&self) -> SettingsInForce {
        self.parts().lock().settings()
    }

    // B12: a state that was set by hand ends at its end, even if no call comes.
    /// Returns from when on the next caller finds a closed breaker if nothing else happens: `now`
    /// or earlier if it does already, `None` for never. The breaker's group may evict it from then
    /// on.
    pub(crate) fn closes_at(&self, now: Instant) -> Option<Instant> {
        match self.word.read().kind() {
            Kind::In(CircuitState::Closed) => Some(now),
            // An attacker can open many circuits, so an open one is answered without the lock.
            Kind::In(
                CircuitState::ForcedOpen | CircuitState::Disabled | CircuitState::ObserveOnly,
            ) if !self.parts().mirror.has_no_end() => self.parts().lock().machine.closes_at(now),
            _ => None,
        }
    }

    /// Returns whether the breaker is closed and remembers no failed or slow call. Does not read
    /// the clock, so it may be called under a lock.
    pub(crate) fn is_like_new(&self, now: Instant) -> bool {
        self.lock(self.parts()).machine.is_like_new(now)
    }

    pub(crate) fn clock(&self) -> ClockSource {
        self.parts().clock.source()
    }

    pub(crate) fn state(&self) -> CircuitState {
        match self.word.read().kind() {
            Kind::In(state @ (CircuitState::Closed | CircuitState::HalfOpen)) => state,
            Kind::In(state) if self.parts().mirror.has_no_end() => state,
            Kind::In(_) => {
                let (guarded, now) = self.parts().lock_for_query();
                guarded.machine.state(now)
            }
            Kind::Unregistered | Kind::Alias => CircuitState::Closed,
        }
    }

    /// Returns the error that a call would get now if the circuit is open or forced open; otherwise
    /// returns `None`.
    pub(crate) fn open_now(&self) -> Option<CircuitOpen> {
        let kind = self.word.read().kind();
        if !matches!(kind, Kind::In(CircuitState::Open | CircuitState::ForcedOpen)) {
            return None;
        }
        let parts = self.parts();
        let (guarded, now) = parts.lock_for_query();
        let state = guarded.machine.state(now);
        let retry_after = guarded.machine.retry_after(now);
        matches!(state, CircuitState::Open | CircuitState::ForcedOpen)
            .then(|| parts.circuit_open(state, retry_after.into()))
    }

    pub(crate) fn snapshot(&self) -> BreakerSnapshot {
        let parts = self.parts();
        let (mut guarded, now) = parts.lock_for_query();
        guarded.collect_pending(&self.counters);
        let machine = &guarded.machine;
        let totals = self.totals(parts, &guarded);
        // B19: the ends are read before the starts, so that no call in flight is missed.
        let ended = totals.ended().saturating_add(self.counters.unrecorded());
        let in_flight = self.counters.started().saturating_sub(ended);
        let overdue = parts.overdue(&guarded, now);
        let state = machine.state(now);
        let recent: Vec<_> = machine.history().collect();
        let since = if state == machine.entered() {
            recent.last().map(|transition| transition.at)
        } else {
            machine.period().and_then(|(_, end)| end)
        };
        BreakerSnapshot {
            name: (*parts.name).to_owned(),
            key: parts.name.key().map(str::to_owned),
            at: now,
            state,
            since,
            retry_after: machine.retry_after(now),
            ends_in: machine.ends_in(now),
            note: machine.note(now),
            consecutive_failures: machine.streak(now),
            window: machine.window(now, overdue),
            last_opening: machine.last_opening(),
            distances: machine.conditions(now, overdue),
            last_failures: machine.last_failures().collect(),
            in_flight,
            overdue,
            probes_in_flight: machine.probes_in_flight(),
            waiting: guarded.waiters.count(),
            totals,
            rejections: parts.other_rejections.with_open(self.counters.rejected()),
            in_state: totals.since(&guarded.totals_at_start),
            transitions: machine.transitions(),
            time_in_state: machine.time_in_state(now),
            recent,
            settings_with_origin: guarded.settings(),
            listener_panics: parts.subscribers.panics(),
            lost_events: guarded.events.lost(),
        }
    }

    // B13: while no call is in flight, each call is in exactly one total.
    pub(super) fn totals(&self, parts: &BreakerParts, guarded: &GuardedState) -> CallCounts {
        let mut totals = guarded.totals;
        totals.success = totals.success.saturating_add(self.counters.clean());
        totals.rejected = parts.other_rejections.with_open(self.counters.rejected()).sum();
        totals
    }
}
