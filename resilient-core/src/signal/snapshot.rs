//! Snapshots of a breaker, for operators.

use std::time::{Duration, Instant};

use super::{
    CallCounts, CircuitState, Condition, FailureRecord, OperatorNote, RejectionCounts,
    SettingsInForce, TimeInState, Transition, TransitionCounts, getters,
};

/// The calls that a breaker remembers while it is closed or only observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WindowCounts {
    /// The successes and failures in the window. Zero if there is no window.
    pub calls: u64,
    /// The failures among `calls`.
    pub failures: u64,
    /// The slow calls among `calls`.
    pub slow: u64,
    /// The overdue calls: calls in flight that have taken at least `slow_call`. They are not among
    /// `calls`. The condition `slow_call_rate` counts them as slow calls.
    pub overdue: u64,
    /// Consecutive failures.
    pub consecutive_failures: u32,
}

impl WindowCounts {
    getters! {
        |self|
        /// The share of failures, from 0 to 1. `None` if the window is empty. The breaker's
        /// condition uses the share only if the window has at least `min_calls` calls.
        failure_rate: Option<f64> = share(self.failures, self.calls);
        /// The share of slow and overdue calls, from 0 to 1. `None` if the window is empty and no
        /// call is overdue.
        slow_call_rate: Option<f64> = share(
            self.slow.saturating_add(self.overdue),
            self.calls.saturating_add(self.overdue)
        );
    }
}

fn share(part: u64, calls: u64) -> Option<f64> {
    (calls > 0).then(|| part as f64 / calls as f64)
}

/// The state of a breaker at one instant, with counts and history. Taking a snapshot changes
/// nothing.
/// A snapshot is taken under the breaker's lock, so its values are consistent. While calls are in
/// flight, `success` may lack successes that end at the same time. While no call is in flight,
/// every total is exact, but `in_state` may contain successes that ended at the same time as the
/// state began.
///
/// With the feature `serde` a snapshot can be serialised. Fields keep their names, and counts stay
/// numbers. Durations become seconds, and their names end in `_seconds` (`retry_after_seconds`).
/// Instants become the number of seconds that have passed since the instant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The breaker's name.
    pub name: String,
    /// The key of the breaker, if the name has a breaker for each key.
    pub key: Option<String>,
    /// When the snapshot was taken, by the breaker's clock.
    pub at: Instant,
    /// The state that the next caller would find: half-open once the recovery time is over, and
    /// closed once the time of a state set by hand is over, even if no call has come.
    pub state: CircuitState,
    /// When `state` began: at the last transition, or at the end of the state before. `None` if the
    /// breaker has been closed from the start.
    pub since: Option<Instant>,
    /// How long until a call may be admitted: zero if a call would be admitted now, `None` if the
    /// time is unknown.
    pub retry_after: Option<Duration>,
    /// How long until `state` ends by itself: the rest of the open time, or of the time for which
    /// the state was set by hand. `None` if the state has no such end.
    pub ends_in: Option<Duration>,
    /// The note of the operator who set `state`, or who last moved its end.
    pub note: OperatorNote,
    /// Consecutive failures.
    pub consecutive_failures: u32,
    /// The calls in the window now. `None` if the breaker or its present state has no window.
    pub window: Option<WindowCounts>,
    /// The calls that the breaker remembered when a condition last opened the circuit. The reason
    /// is in `recent`, at the last transition from closed to open.
    pub last_opening: Option<WindowCounts>,
    /// The conditions that can open or close the circuit in `state`, with their present numbers:
    /// how far each is from being met. Empty if no call can change the state.
    pub distances: Vec<Condition>,
    /// The last four failures that were counted, oldest first.
    pub last_failures: Vec<FailureRecord>,
    /// The calls in flight: those that were admitted and have not ended. A permit that was lost to
    /// `mem::forget` stays in flight. Calls that were admitted while the breaker was disabled are
    /// not counted. While calls begin and end, this may include some calls that have just ended.
    pub in_flight: u64,
    /// The calls in flight that are overdue: calls of the present state, in flight for at least
    /// `slow_call`. A call may be included late, by at most an eighth of `slow_call`. A probe is
    /// included without delay.
    pub overdue: u64,
    /// The number of probes that hold a slot.
    pub probes_in_flight: usize,
    /// The number of calls that wait for the circuit now, because their retry has `when_open =
    /// wait`.
    pub waiting: usize,
    /// The calls over the life of the breaker.
    pub totals: CallCounts,
    /// The calls since the last transition.
    pub in_state: CallCounts,
    /// The rejected calls among `totals`, by the state that rejected them.
    pub rejections: RejectionCounts,
    /// How often the breaker entered each state.
    pub transitions: TransitionCounts,
    /// How long the breaker has been in each state.
    pub time_in_state: TimeInState,
    /// The last 32 transitions, oldest first.
    pub recent: Vec<Transition>,
    /// The present settings, each with its value and its origin.
    pub settings_with_origin: SettingsInForce,
    /// How many panics of listeners were contained.
    pub listener_panics: u64,
    /// How many events were dropped because listeners were too slow.
    pub lost_events: u64,
}
