//! A `//!` comment at the beginning of a body documents the function.
#![deny(unused_doc_comments, missing_docs)]

use resilient::{circuit_breaker, retry};

#[retry]
pub fn plain() -> Option<u32> {
    //! Documented.
    Some(1)
}

#[retry]
#[circuit_breaker]
pub async fn later() -> Option<u32> {
    //! Documented.
    Some(2)
}

#[tokio::test]
async fn runs() {
    assert_eq!(plain(), Some(1));
    assert_eq!(later().await, Some(2));
}
