//! A breaker on a type that is neither `Result` nor `Option` needs `failure_when` and `on_open`.

use resilient::circuit_breaker;

#[circuit_breaker]
async fn in_an_async_function() -> u32 {
    3
}

#[circuit_breaker]
fn in_a_plain_function() -> u32 {
    3
}

#[circuit_breaker(failure_when = |status: &u32| *status >= 500)]
fn with_one_of_the_two() -> u32 {
    3
}

#[circuit_breaker(on_open = |_| 503)]
fn with_the_other() -> u32 {
    3
}

fn main() {}
