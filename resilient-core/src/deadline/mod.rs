//! The deadline of the running code, and the number of its attempt, across function calls, tasks
//! and processes.
//!
//! A deadline applies to everything below the code that sets it, in the same task, or on the same
//! thread in plain functions: `deadline` and `attempt_timeout` of a retry, `#[timeout]`, and
//! [`scope`] set one. If several apply, the earliest counts.
//!
//! - The code that sets a deadline cancels at it. A plain function cannot be cancelled.
//! - A retry below reads the deadline before each further attempt, and before each sleep. It begins
//!   no sleep that would reach the deadline. A first attempt is always made.
//! - A function with `deadline` or `attempt_timeout` below also cancels its own attempt.
//! - A task or a thread that the code starts inherits nothing. [`carry`] and [`carry_blocking`]
//!   pass the deadline on.
//! - A server enters the deadline of its caller with a [`CallerContext`].
//!
//! [`remaining`] returns the time left, for example to send it to another service.

mod ambient;
#[cfg(feature = "tokio")]
mod call_limit;
mod caller_context;
mod carried;
mod cut;
#[cfg(feature = "tokio")]
mod deadline_scope;
mod hop_format;
mod hop_reader;
mod time_left;
#[cfg(feature = "tokio")]
mod timeout_future;

use std::time::Duration;

pub use self::ambient::Entered;
pub(crate) use self::ambient::{AttemptMark, Nesting, current, earlier, enter};
#[cfg(feature = "tokio")]
pub(crate) use self::call_limit::CallLimit;
pub use self::caller_context::CallerContext;
pub use self::carried::{CarriedFuture, carry, carry_blocking};
#[cfg(feature = "tokio")]
pub(crate) use self::cut::Cut;
pub use self::cut::{CutCause, CutShort};
#[cfg(feature = "tokio")]
pub use self::deadline_scope::DeadlineScope;
pub use self::hop_format::HopFormat;
pub use self::hop_reader::{HopCounts, HopReader};
pub(crate) use self::time_left::TimeLeft;
#[cfg(feature = "tokio")]
pub use self::timeout_future::TimeoutFuture;
#[cfg(feature = "tokio")]
pub(crate) use self::timeout_future::timeout;
use crate::signal::TimedOut;
use crate::time;

// D1
/// Runs `future` with a deadline: at most for `time`, which counts from this call. Everything in
/// the future that has time limits or retries knows the deadline. If the code around has an earlier
/// deadline, that one applies.
///
/// The result is a [`DeadlineScope`], which cancels the future at the deadline.
///
/// ```
/// use resilient_core::deadline;
/// use resilient_core::retry::{TimeLimit, TimedOut};
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let time = Duration::from_secs(5);
/// let left = deadline::scope(time, async { deadline::remaining() }).await;
/// assert_eq!(left, Ok(Some(time)));
///
/// let hangs: Result<(), TimedOut> = deadline::scope(time, std::future::pending()).await;
/// assert_eq!(hangs.unwrap_err().limit(), TimeLimit::Scope);
/// # });
/// ```
#[cfg(feature = "tokio")]
pub fn scope<F: Future>(time: Duration, future: F) -> DeadlineScope<F> {
    CallerContext::new().time_left(time).scope(future)
}

// D1
/// Runs a plain function with a deadline: `time` from now. If the code around has an earlier
/// deadline, that one applies.
///
/// Nothing can be cancelled. The retries below make no attempt and begin no sleep after the
/// deadline, and [`remaining`] returns the time left.
///
/// ```
/// use resilient_core::deadline;
/// use std::time::Duration;
///
/// let time = Duration::from_secs(5);
/// let left = deadline::scope_blocking(time, deadline::remaining);
/// assert!(left.is_some_and(|left| left <= time));
/// assert_eq!(deadline::remaining(), None);
/// ```
pub fn scope_blocking<R>(time: Duration, body: impl FnOnce() -> R) -> R {
    CallerContext::new().time_left(time).scope_blocking(body)
}

// D2, R6
/// Returns the time until the deadline of the running code: the earliest of all time limits and
/// scopes around it, and of the deadline that a caller in another process sent. Returns zero if the
/// deadline has passed, and `None` without a deadline.
///
/// Use it to leave out work that cannot end in time, or to tell another service how long the caller
/// will wait. It works in async code and in plain functions. A task or a thread that the code
/// starts has no deadline, unless it is [carried](carry).
///
/// ```
/// use resilient_core::deadline;
/// use resilient_core::retry::{RetryPolicy, TimedOut};
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let call = RetryPolicy::DEFAULT.call().deadline(Duration::from_secs(5));
/// let left = call.run(async |_| Ok::<_, std::io::Error>(deadline::remaining())).await;
/// assert_eq!(left.unwrap(), Some(Duration::from_secs(5)));
/// assert_eq!(deadline::remaining(), None);
/// # });
/// ```
#[must_use]
pub fn remaining() -> Option<Duration> {
    let at = current().deadline?;
    Some(at.saturating_duration_since(time::now()))
}

/// The usual margin of [`time_to_send`]: 5 ms. A round trip in a data centre takes less than a
/// millisecond, and timers fire on whole milliseconds. So the response that says that the time was
/// up still reaches a caller that waits.
pub const SEND_MARGIN: Duration = Duration::from_millis(5);

// D8
/// Returns the time left to send to another process: [`remaining`] less `margin`, or `None` without
/// a deadline.
///
/// # Errors
///
/// Returns [`TimedOut`] with [`TimeLimit::Scope`](crate::signal::TimeLimit::Scope) if less than a
/// millisecond is left, so the request should not be sent.
///
/// ```
/// use resilient_core::deadline::{self, HopFormat, SEND_MARGIN};
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let header = deadline::scope(Duration::from_secs(1), async {
///     let time = deadline::time_to_send(SEND_MARGIN)?;
///     Ok::<_, resilient_core::retry::TimedOut>(time.map(|time| HopFormat::Http.write_time(time)))
/// });
/// assert_eq!(header.await??, Some("995".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn time_to_send(margin: Duration) -> Result<Option<Duration>, TimedOut> {
    const LEAST: Duration = Duration::from_millis(1);
    let Some(left) = remaining() else { return Ok(None) };
    match left.checked_sub(margin) {
        Some(time) if time >= LEAST => Ok(Some(time)),
        _ => Err(TimedOut::before_the_call(left)),
    }
}
