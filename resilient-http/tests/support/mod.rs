//! Servers on loopback, for tests: one that speaks HTTP, one that does what no server should.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

pub mod api;
pub mod counted;
pub mod raw;
pub mod settings;

use std::future::IntoFuture;
use std::time::Duration;

/// Waits until something holds that another task will make so, half a minute at the longest.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let soon = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, soon).await;
}

/// What must come to an end, on the slowest machine, in half a minute.
pub async fn within<F: IntoFuture>(what: &str, work: F) -> F::Output {
    let ended = tokio::time::timeout(Duration::from_secs(30), work.into_future()).await;
    ended.unwrap_or_else(|_| panic!("stuck: {what}"))
}
