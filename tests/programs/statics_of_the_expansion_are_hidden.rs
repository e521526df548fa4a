//! Names in the settings, the key and the body refer to the user's items, even if the expansion has
//! items of the same names.
//! names.

use resilient::{Registry, circuit_breaker, retry};

static BREAKER: &str = "of a static";
static KEYED: &str = "of another";
const BREAKERS: u32 = 1;
const POLICY: u32 = 2;

#[retry(max_retries = POLICY)]
#[circuit_breaker(name = BREAKER, failure_threshold = POLICY)]
fn settings() -> Option<u32> {
    Some(POLICY)
}

#[retry]
#[circuit_breaker]
fn body() -> Option<u32> {
    Some(BREAKERS + POLICY)
}

#[retry(max_retries = POLICY)]
#[circuit_breaker(
    name = KEYED,
    key = BREAKERS + host,
    max_keys = BREAKERS,
    failure_threshold = POLICY
)]
fn key(host: u32) -> Option<u32> {
    Some(BREAKERS + POLICY + host)
}

#[test]
fn runs() {
    assert_eq!(settings(), Some(2));
    assert_eq!(body(), Some(3));
    assert_eq!(key(1), Some(4));
    assert!(Registry::global().get(BREAKER).is_some());
}
