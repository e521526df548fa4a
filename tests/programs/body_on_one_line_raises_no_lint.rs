//! A short body on one line does not raise a lint about needless braces.
#![deny(warnings, unused)]

use resilient::{circuit_breaker, retry};

#[retry]
fn retried() -> Option<u32> { Some(1) }

#[circuit_breaker]
fn broken() -> Option<u32> { Some(1) }

#[retry]
#[circuit_breaker]
fn stacked() -> Option<u32> { Some(1) }

#[circuit_breaker(order = explicit)]
#[retry]
async fn later() -> Option<u32> { Some(1) }

#[retry(retry_when = |()| false)]
fn empty() {}

trait Api {
    #[retry]
    fn get(&self) -> Option<u32> { None }
    #[circuit_breaker]
    async fn later(&self) -> Option<u32> { None }
}

impl Api for u32 {
    #[retry]
    fn get(&self) -> Option<u32> { Some(*self) }
    #[retry]
    async fn later(&self) -> Option<u32> { if *self > 0 { Some(*self) } else { None } }
}

#[tokio::test]
async fn runs() {
    let outputs = [retried(), broken(), stacked(), later().await, 1.get(), 1.later().await];
    assert_eq!(outputs, [Some(1); 6]);
    empty();
}
