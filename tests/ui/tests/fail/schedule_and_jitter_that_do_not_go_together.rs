//! Settings that would have no effect are errors.

use resilient::retry;

#[retry(backoff = linear, backoff_factor = 2)]
fn factor_without_powers() -> Option<u32> {
    None
}

#[retry(jitter = decorrelated, backoff = constant)]
fn jitter_with_a_growth_of_its_own() -> Option<u32> {
    None
}

#[retry(jitter = smooth, backoff_factor = 3)]
fn factor_beside_such_a_jitter() -> Option<u32> {
    None
}

fn main() {}
