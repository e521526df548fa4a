//! The example of the first page survives what the page says: each sentence there has a test here.

mod hangs;
mod outage;
pub(crate) mod provider;
mod short_examples;
mod single_calls;
mod storm;

use tokio::task::JoinSet;

use crate::{PayError, charge};

/// Makes a thousand payments at a time, each with a separate key.
async fn thousand_calls() -> Vec<Result<String, PayError>> {
    let mut calls = JoinSet::new();
    for number in 0..1000 {
        calls.spawn(async move { charge(&format!("order-{number}"), 450).await });
    }
    calls.join_all().await
}

/// Returns numbers that look random and repeat.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        // A step of Knuth's MMIX generator. Its upper bits are the better ones.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn is_rejected(result: &Result<String, PayError>) -> bool {
    matches!(result, Err(PayError::Rejected(_)))
}
