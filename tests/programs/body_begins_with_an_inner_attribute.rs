//! An inner attribute `#![…]` in a body applies to the body.
#![deny(unused_variables)]

use resilient::{circuit_breaker, retry};

#[retry]
fn retried() -> Option<u32> {
    #![allow(unused_variables)]
    let unused = 3;
    Some(1)
}

#[circuit_breaker]
async fn broken() -> Option<u32> {
    #![allow(unused_variables)]
    let unused = 3;
    Some(1)
}

#[tokio::test]
async fn runs() {
    assert_eq!(retried(), broken().await);
}
