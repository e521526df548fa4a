//! `classify` reads the error of a `Result`. An `Option` has none.

use resilient::{Classification, circuit_breaker, retry};

fn missing(_: &()) -> Classification {
    Classification::transient()
}

#[retry(classify = missing)]
async fn in_a_retry() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker(classify = |_| Classification::throttled())]
fn in_a_stack() -> Option<u32> {
    None
}

#[retry(classify = missing, retry_when = |status| *status >= 500)]
fn beside_a_predicate() -> u32 {
    503
}

fn main() {}
