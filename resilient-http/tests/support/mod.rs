//! Servers on loopback for tests. One server follows the rules of HTTP, and the other server breaks
//! them.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

pub mod api;
pub mod counted;
pub mod pipe;
pub mod raw;
pub mod settings;

use std::future::IntoFuture;
use std::time::Duration;

/// Waits until another task makes the condition true. Panics after 30 s.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let soon = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, soon).await;
}

/// Waits for the future. Panics after 30 s, which is enough time for the slowest machine.
pub async fn within<F: IntoFuture>(what: &str, work: F) -> F::Output {
    let ended = tokio::time::timeout(Duration::from_secs(30), work.into_future()).await;
    ended.unwrap_or_else(|_| panic!("stuck: {what}"))
}
