//! Async sleep with tokio's timers.

use std::time::{Duration, Instant};

use super::clock::now;
use super::instant::later;
use super::sleep::is_skipped;
use crate::platform::{contain, discard};

/// Whether an async sleep can be awaited here: there is a runtime, and its timers are enabled.
pub(crate) fn has_timer() -> bool {
    // tokio reports disabled timers only by a panic.
    let make_a_timer = || drop(tokio::time::sleep(Duration::MAX));
    tokio::runtime::Handle::try_current().is_ok() && contain(make_a_timer).map_err(discard).is_ok()
}

/// A timer for an instant, if there is a runtime with timers.
pub(crate) fn timer(at: Instant) -> Option<tokio::time::Sleep> {
    tokio::runtime::Handle::try_current().ok()?;
    // tokio reports disabled timers only by a panic.
    contain(|| tokio::time::sleep_until(at.into()))
        .map_err(discard)
        .ok()
}

/// Sleeps; a `delay` of zero makes no timer call. Dropping the future ends the sleep.
pub(crate) async fn sleep(delay: Duration) {
    if !delay.is_zero() && !is_skipped(delay) {
        // tokio caps an unbounded sleep at about 30 years.
        let sleep = match later(now(), delay) {
            Some(end) => tokio::time::sleep_until(end.into()),
            None => tokio::time::sleep(Duration::MAX),
        };
        sleep.await;
    }
}
