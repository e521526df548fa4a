//! Logs, spans and metrics. The functions here take values and never a breaker.

#[cfg(feature = "metrics")]
mod call_totals;
#[cfg(feature = "tracing")]
mod log;
#[cfg(not(feature = "tracing"))]
mod log_off;
#[cfg(feature = "metrics")]
mod recorder;
mod retry_line;
#[cfg(feature = "tracing")]
mod span;
#[cfg(not(feature = "tracing"))]
mod span_off;
mod summary;
#[cfg(feature = "tracing")]
mod targets;

#[cfg(feature = "metrics")]
pub(crate) use self::call_totals::{CallResult, CallTotals, ResultCounts};
#[cfg(feature = "tracing")]
pub(crate) use self::log::*;
#[cfg(not(feature = "tracing"))]
pub(crate) use self::log_off::*;
#[cfg(feature = "metrics")]
pub(crate) use self::recorder::{changed, names, record};
pub(crate) use self::retry_line::RetryLine;
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

#[cfg(not(feature = "metrics"))]
pub(crate) fn changed(_: impl FnOnce() -> crate::signal::BreakerSnapshot) {}
