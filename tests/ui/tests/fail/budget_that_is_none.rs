//! `budget` takes a name or a `RetryBudget`.

use resilient::retry;

#[retry(budget = 10)]
fn number() -> Option<u32> {
    None
}

#[retry(budget = "")]
fn empty() -> Option<u32> {
    None
}

const NAME: &str = "payments";

#[retry(budget = NAME)]
fn constant() -> Option<u32> {
    None
}

fn main() {}
