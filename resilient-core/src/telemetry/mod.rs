//! Logs, spans and metrics. The functions here take values and never a breaker.

#[cfg(feature = "metrics")]
mod durations;
#[cfg(feature = "tracing")]
mod log;
#[cfg(not(feature = "tracing"))]
mod log_off;
#[cfg(feature = "metrics")]
mod recorder;
#[cfg(feature = "metrics")]
mod retry_calls;
mod retry_line;
#[cfg(feature = "metrics")]
mod retry_totals;
#[cfg(feature = "tracing")]
mod span;
#[cfg(not(feature = "tracing"))]
mod span_off;
mod summary;
#[cfg(feature = "tracing")]
mod targets;

#[cfg(feature = "metrics")]
pub(crate) use self::durations::{
    DURATION, durations_are_measured, measure_durations, record_duration,
};
#[cfg(feature = "tracing")]
pub(crate) use self::log::*;
#[cfg(not(feature = "tracing"))]
pub(crate) use self::log_off::*;
#[cfg(feature = "metrics")]
pub(crate) use self::recorder::{changed, names, record};
#[cfg(feature = "metrics")]
use self::retry_calls::count_wait;
#[cfg(feature = "metrics")]
pub(crate) use self::retry_calls::{ResultCounts, RetryCallCount, UNNAMED, ended};
pub(crate) use self::retry_line::RetryLine;
#[cfg(feature = "metrics")]
pub(crate) use self::retry_totals::{RetryTotals, names as retry_names, record_unnamed};
#[cfg(feature = "tracing")]
pub(crate) use self::span::{CallSpan, EnteredHere, LazySpan};
#[cfg(not(feature = "tracing"))]
pub(crate) use self::span_off::{CallSpan, EnteredHere, LazySpan};
pub(crate) use self::summary::Summary;
use crate::event::{Event, global_listeners};

/// Logs an event of a retry, and notifies the listeners of the global registry. Call this without
/// holding a lock.
pub(crate) fn notify_global(of_retry: &Event) {
    event(of_retry);
    global_listeners().notify(of_retry);
}

/// A call under a retry. Without the feature `metrics` it is not counted.
#[cfg(not(feature = "metrics"))]
pub(crate) type RetryCallCount<'a> = std::marker::PhantomData<&'a ()>;

#[cfg(not(feature = "metrics"))]
#[inline]
pub(crate) fn ended(_: &mut RetryCallCount<'_>, _: Result<bool, crate::signal::StopReason>) {}

/// Ends the use of the counts, but not the call. Returns whether the call was counted.
#[cfg(feature = "tokio")]
pub(crate) fn pause_count(call: RetryCallCount<'_>) -> bool {
    #[cfg(feature = "metrics")]
    return call.pause();
    #[cfg(not(feature = "metrics"))]
    {
        let _ = call;
        true
    }
}

#[cfg(not(feature = "metrics"))]
fn count_wait(_: &RetryLine<'_>) {}

#[cfg(not(feature = "metrics"))]
pub(crate) fn changed(_: impl FnOnce() -> crate::signal::BreakerSnapshot) {}
