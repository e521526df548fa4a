//! The feature `metrics`: writes the counts of breakers to the program's recorder.

use metrics::{counter, gauge};

use self::names::{
    CALLS, IN_FLIGHT, OVERDUE, REJECTIONS, SLOW_CALLS, STATE, TIME_IN_STATE, TRANSITIONS, WAITING,
};
use super::summary::Summary;
use crate::platform::contain;
use crate::signal::{BreakerSnapshot, CircuitState, RejectionCounts};

/// The names of a breaker's metrics.
pub(crate) mod names {
    pub(crate) const CALLS: &str = "resilient.breaker.calls";
    pub(crate) const REJECTIONS: &str = "resilient.breaker.rejections";
    pub(crate) const SLOW_CALLS: &str = "resilient.breaker.slow_calls";
    pub(crate) const IN_FLIGHT: &str = "resilient.breaker.in_flight";
    pub(crate) const OVERDUE: &str = "resilient.breaker.overdue";
    pub(crate) const WAITING: &str = "resilient.breaker.waiting";
    pub(crate) const TRANSITIONS: &str = "resilient.breaker.transitions";
    pub(crate) const STATE: &str = "resilient.breaker.state";
    pub(crate) const TIME_IN_STATE: &str = "resilient.breaker.time_in_state";
}

/// Writes the counts of a registered breaker to the recorder after the breaker changed its state. A
/// panic of the recorder is contained.
pub(crate) fn changed(snapshot: impl FnOnce() -> BreakerSnapshot) {
    let snapshot = snapshot();
    let mut summary = Summary::default();
    summary.add(&snapshot);
    contain(|| record(&snapshot.name, &summary));
}

pub(crate) fn record(name: &str, summary: &Summary) {
    let breaker = || name.to_owned();
    let totals = &summary.totals;
    for (result, count) in [
        ("success", totals.success),
        ("failure", totals.failure),
        ("ignored", totals.ignored),
        ("abandoned", totals.abandoned),
        ("late", totals.late),
        ("rejected", totals.rejected),
    ] {
        counter!(CALLS, "breaker" => breaker(), "result" => result).absolute(count);
    }
    for state in RejectionCounts::STATES {
        let (reason, count) = (state.as_str(), summary.rejections.of(state));
        counter!(REJECTIONS, "breaker" => breaker(), "reason" => reason).absolute(count);
    }
    counter!(SLOW_CALLS, "breaker" => breaker()).absolute(totals.slow);
    gauge!(IN_FLIGHT, "breaker" => breaker()).set(summary.in_flight as f64);
    gauge!(OVERDUE, "breaker" => breaker()).set(summary.overdue as f64);
    gauge!(WAITING, "breaker" => breaker()).set(summary.waiting as f64);
    for (state, in_state) in CircuitState::ALL.into_iter().zip(summary.in_state) {
        let to = summary.transitions.of(state);
        counter!(TRANSITIONS, "breaker" => breaker(), "to" => state.as_str()).absolute(to);
        gauge!(STATE, "breaker" => breaker(), "state" => state.as_str()).set(in_state as f64);
        let millis = u64::try_from(summary.times.of(state).as_millis()).unwrap_or(u64::MAX);
        counter!(TIME_IN_STATE, "breaker" => breaker(), "state" => state.as_str()).absolute(millis);
    }
}
