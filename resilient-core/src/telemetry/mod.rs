//! Logs and metrics. The functions here take values and never a breaker.

#[cfg(feature = "metrics")]
mod call_totals;
#[cfg(feature = "tracing")]
mod log;
#[cfg(not(feature = "tracing"))]
mod log_off;
#[cfg(feature = "metrics")]
mod recorder;
mod retry_line;
mod summary;

#[cfg(feature = "metrics")]
pub(crate) use self::call_totals::{CallResult, CallTotals, ResultCounts};
#[cfg(feature = "tracing")]
pub(crate) use self::log::*;
#[cfg(not(feature = "tracing"))]
pub(crate) use self::log_off::*;
#[cfg(feature = "metrics")]
pub(crate) use self::recorder::{changed, names, record};
pub(crate) use self::retry_line::RetryLine;
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
