//! A time limit around any future.

use std::future::Future;
use std::time::Duration;

use resilient::{TimedOut, timeout};

/// Runs `work` for at most the time `most`. In a runtime without timers, it returns an error
/// instead of panicking.
#[timeout(most)]
pub(crate) async fn limited<F: Future>(most: Duration, work: F) -> Result<F::Output, TimedOut> {
    Ok(work.await)
}
