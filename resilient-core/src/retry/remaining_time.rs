//! The time that the running code has left.

use std::time::Duration;

use super::scope;
use crate::time;

// R6
/// Returns the time until a time limit cancels the running code: the attempt timeout or the
/// deadline of a call around it, or a `#[timeout]`, whichever comes first. Returns zero if the
/// limit has passed, and `None` without a limit.
///
/// Use it to leave out work that cannot end in time, or to tell another service how long the caller
/// will wait. It works in an async attempt and in what the attempt awaits. A task that an attempt
/// spawns has no limit.
///
/// ```
/// use resilient_core::retry::{RetryPolicy, TimedOut, remaining_time};
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let call = RetryPolicy::DEFAULT.call().deadline(Duration::from_secs(5));
/// let left = call.run(async |_| Ok::<_, std::io::Error>(remaining_time())).await;
/// assert_eq!(left.unwrap(), Some(Duration::from_secs(5)));
/// assert_eq!(remaining_time(), None);
/// # });
/// ```
#[must_use]
pub fn remaining_time() -> Option<Duration> {
    let at = scope::current().deadline?;
    Some(at.saturating_duration_since(time::now()))
}
