//! The braces of a body are needed, however short it is.
#![deny(warnings, unused)]

use resilient::{circuit_breaker, retry};

#[retry]
fn retried() -> Option<u32> { Some(1) }

#[circuit_breaker]
fn broken() -> Option<u32> { Some(1) }

#[retry]
#[circuit_breaker]
fn stacked() -> Option<u32> { Some(1) }

#[circuit_breaker]
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
    assert_eq!([retried(), broken(), stacked(), later().await, 1.get(), 1.later().await], [Some(1); 6]);
    empty();
}
