//! An expression in place of a pattern is reported at the value.

use resilient::circuit_breaker;

#[circuit_breaker(ignore = 1 + 1, on_open = |_| Ok(1))]
fn call() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
