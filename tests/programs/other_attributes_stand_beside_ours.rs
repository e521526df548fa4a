//! Attributes of other crates may stand above, between and below ours, in any order.
#![allow(clippy::non_minimal_cfg)]
#![deny(unfulfilled_lint_expectations, unused, deprecated)]

use resilient::{Registry, circuit_breaker, retry};

#[inline]
#[retry(max_retries = 1, base_delay = "0s")]
#[must_use]
#[cold]
#[circuit_breaker(name = "beside")]
#[doc = "Documented."]
#[track_caller]
fn between() -> Option<u32> {
    None
}

#[cfg_attr(all(), retry(max_retries = 1, base_delay = "0s"))]
#[cfg_attr(all(), circuit_breaker(name = "conditional"))]
fn conditional() -> Option<u32> {
    None
}

#[cfg_attr(any(), retry(nonsense))]
#[retry]
fn one_of_two_conditions() -> Option<u32> {
    Some(1)
}

#[expect(unused_variables)]
#[retry]
fn expected_above(unused: u32) -> Option<u32> {
    Some(1)
}

#[retry]
#[expect(unused_mut)]
#[circuit_breaker]
async fn expected_below(mut text: String) -> Option<String> {
    Some(text)
}

#[allow(deprecated)]
#[circuit_breaker]
#[deprecated]
fn old() -> Option<u32> {
    Some(1)
}

#[retry]
fn conditional_arguments(
    #[cfg(any())] missing: Missing,
    #[cfg(all())] there: String,
    #[allow(unused)] un: u32,
) -> Option<String> {
    Some(there)
}

#[tokio::main(flavor = "current_thread")]
#[retry(retry_when = |_| false)]
async fn main() {
    let _ = between();
    conditional();
    one_of_two_conditions();
    expected_above(1);
    expected_below(String::new()).await;
    #[expect(deprecated)]
    old();
    conditional_arguments(String::new(), 1);
    let failures = |name| Registry::global().get(name).unwrap().snapshot().totals.failure;
    assert_eq!(failures("beside"), 2);
    assert_eq!(failures("conditional"), 2);
}

#[test]
fn runs() {
    main();
}
