//! A breaker at one instant, as an operator sees it.

use std::time::{Duration, Instant};

use super::{CallCounts, CircuitState, TimeInState, Transition, TransitionCounts, getters};

/// The calls that a closed or observed breaker remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WindowCounts {
    /// Successes and failures in the window; zero without a window.
    pub calls: u64,
    /// The failures among them.
    pub failures: u64,
    /// The slow ones among them.
    pub slow: u64,
    /// Consecutive failures.
    pub consecutive_failures: u32,
}

impl WindowCounts {
    getters! {
        |self|
        /// The share of failures, 0 to 1. `None` if the window is empty. The breaker's condition
        /// takes it into account from `min_calls` on.
        failure_rate: Option<f64> = self.share(self.failures);
        /// The share of slow calls, 0 to 1. `None` if the window is empty.
        slow_call_rate: Option<f64> = self.share(self.slow);
    }

    fn share(&self, part: u64) -> Option<f64> {
        (self.calls > 0).then(|| part as f64 / self.calls as f64)
    }
}

/// A breaker at one instant. Taking a snapshot changes nothing.
///
/// It is taken under the breaker's lock, so its values are consistent. While calls are in flight,
/// `success` may lack those that are just ending. At rest every total is exact; `in_state` may
/// contain successes that were just ending when the state began.
///
/// With the feature `serde` it can be serialised: names and counts as they are here; times in
/// seconds, under names that say so (`retry_after_seconds`); instants as the number of seconds
/// since then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The breaker's name.
    pub name: String,
    /// Its key, if it is one of several of that name.
    pub key: Option<String>,
    /// When the snapshot was taken, by the breaker's clock.
    pub at: Instant,
    /// The state that the next caller would find: half-open once the recovery time is over, even if
    /// no call has come.
    pub state: CircuitState,
    /// When that state began: the last transition, or the end of the recovery time. `None` if the
    /// breaker has been closed from the start.
    pub since: Option<Instant>,
    /// How long until a call may be admitted: zero if one would be admitted now, `None` if unknown.
    pub retry_after: Option<Duration>,
    /// Consecutive failures.
    pub consecutive_failures: u32,
    /// The calls in the window now. `None` without a window, and in states without one.
    pub window: Option<WindowCounts>,
    /// The calls that were remembered when a condition last opened the circuit. `recent` has the
    /// reason, in its last transition from closed to open.
    pub last_opening: Option<WindowCounts>,
    /// Probes that hold a slot.
    pub probes_in_flight: usize,
    /// Calls over the life of the breaker.
    pub totals: CallCounts,
    /// Calls since the last transition.
    pub in_state: CallCounts,
    /// How often the breaker went into each state.
    pub transitions: TransitionCounts,
    /// How long the breaker has been in each state.
    pub time_in_state: TimeInState,
    /// The last 32 transitions, oldest first.
    pub recent: Vec<Transition>,
    /// How many listeners' panics were contained.
    pub listener_panics: u64,
    /// How many events were dropped because listeners were too slow.
    pub lost_events: u64,
}
