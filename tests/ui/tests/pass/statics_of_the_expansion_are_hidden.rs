//! Items of the user keep their names in the body, whatever the expansion calls its own.

use resilient::{circuit_breaker, retry};

static RESILIENT_BREAKER: u32 = 1;
const RESILIENT_POLICY: u32 = 2;

#[retry(max_retries = RESILIENT_POLICY)]
#[circuit_breaker(failure_threshold = RESILIENT_POLICY)]
fn settings() -> Option<u32> {
    Some(RESILIENT_POLICY)
}

#[retry]
#[circuit_breaker]
fn body() -> Option<u32> {
    Some(RESILIENT_BREAKER + RESILIENT_POLICY)
}

fn main() {
    assert_eq!(settings(), Some(2));
    assert_eq!(body(), Some(3));
}
