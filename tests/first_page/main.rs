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

fn is_rejected(result: &Result<String, PayError>) -> bool {
    matches!(result, Err(PayError::Rejected(_)))
}
