//! A public function needs documentation, with or without an attribute.
#![deny(missing_docs)]

use resilient::{circuit_breaker, retry};

#[retry]
pub async fn undocumented() -> Option<u32> {
    None
}

#[retry]
#[circuit_breaker]
pub fn undocumented_too() -> Option<u32> {
    None
}

/// Documented.
#[retry]
pub fn documented() -> Option<u32> {
    None
}

fn main() {}
