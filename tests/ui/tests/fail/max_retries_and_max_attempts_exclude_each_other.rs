//! `max_attempts` is `max_retries` plus one, so giving both is an error.

use resilient::retry;

#[retry(max_retries = 3, max_attempts = 4)]
fn call() -> Option<u32> {
    None
}

#[retry(max_attempts = 4, base_delay = "1s", max_retries = 3)]
fn the_other_way_round() -> Option<u32> {
    None
}

fn main() {}
