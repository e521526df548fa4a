//! A window is a number of calls, or a time in quotes.

use resilient::circuit_breaker;

#[circuit_breaker(window = "100")]
fn calls_in_quotes() -> Option<u32> {
    None
}

#[circuit_breaker(window = 60s)]
fn time_out_of_quotes() -> Option<u32> {
    None
}

#[circuit_breaker(window = 60.0)]
fn fraction() -> Option<u32> {
    None
}

#[circuit_breaker(window = 'w')]
fn letter() -> Option<u32> {
    None
}

#[circuit_breaker(window = "60 secs.")]
fn spaces() -> Option<u32> {
    None
}

#[circuit_breaker(window = -5)]
fn negative() -> Option<u32> {
    None
}

#[circuit_breaker(window = 100u64)]
fn suffix() -> Option<u32> {
    None
}

fn main() {}
