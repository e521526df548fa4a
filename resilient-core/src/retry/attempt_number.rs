//! The number of the attempt around the running code.

use crate::deadline::current;

// D5
/// Returns the number of the attempt in which this code runs: 2 for the first retry. Returns 1 in a
/// first attempt and outside every retry loop.
///
/// Use it to tell another service that a request is repeated. If retry loops are nested, the number
/// is that of the innermost loop that is at its second attempt or later. Without such a loop, it
/// is the number that the [caller in another process](crate::deadline::CallerContext) sent.
///
/// It works in an attempt and in what the attempt calls or awaits. A task or a thread that an
/// attempt starts gets 1, unless it is [carried](crate::deadline::carry).
///
/// ```
/// use resilient_core::retry::{RetryPolicy, attempt_number};
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let policy = RetryPolicy::builder().base_delay(Duration::ZERO).max_retries(1).build()?;
/// let last: Result<(), u32> = policy.call().run(async |_| Err(attempt_number())).await;
/// assert_eq!(last, Err(2));
/// assert_eq!(attempt_number(), 1);
/// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
/// ```
#[must_use]
pub fn attempt_number() -> u32 {
    current().attempt
}
