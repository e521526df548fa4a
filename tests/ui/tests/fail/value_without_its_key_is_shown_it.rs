//! For a value without a key, the message shows the key that probably belongs to it.

use resilient::{circuit_breaker, fallback, retry};

#[retry(3)]
fn count() -> Option<u32> {
    None
}

#[retry(ApiError::Busy, |error| error.is_busy(), POLICY)]
fn several() -> Option<u32> {
    None
}

#[circuit_breaker("payments")]
fn name() -> Option<u32> {
    None
}

#[circuit_breaker(5, self.breaker)]
fn breaker() -> Option<u32> {
    None
}

#[fallback(7)]
fn value() -> Option<u32> {
    None
}

#[fallback(|()| Some(7))]
fn closure() -> Option<u32> {
    None
}

#[fallback(Vec::new())]
fn call() -> Option<Vec<u32>> {
    None
}

#[retry("2s")]
fn any() -> Option<u32> {
    None
}

fn main() {}
