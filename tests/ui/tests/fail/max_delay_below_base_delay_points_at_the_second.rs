//! `max_delay` must not be below `base_delay`, whether both are given or one is a default.

use resilient::retry;

#[retry(base_delay = "2s", max_delay = "1s")]
fn both() -> Option<u32> {
    None
}

#[retry(max_delay = "1s", base_delay = "2s")]
fn both_the_other_way_round() -> Option<u32> {
    None
}

#[retry(base_delay = "11s")]
fn base_alone() -> Option<u32> {
    None
}

#[retry(max_delay = "99ms")]
fn max_alone() -> Option<u32> {
    None
}

fn main() {}
