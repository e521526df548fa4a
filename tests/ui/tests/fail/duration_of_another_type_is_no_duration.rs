//! Values that are not durations are errors.

use resilient::retry;

#[retry(base_delay = true)]
fn truth() -> Option<u32> {
    None
}

#[retry(base_delay = "")]
fn empty() -> Option<u32> {
    None
}

#[retry(base_delay = " ")]
fn spaces() -> Option<u32> {
    None
}

#[retry(base_delay = "1.2.3s")]
fn points() -> Option<u32> {
    None
}

#[retry(base_delay = "s")]
fn no_number() -> Option<u32> {
    None
}

#[retry(base_delay = "0.1ns")]
fn too_fine() -> Option<u32> {
    None
}

fn main() {}
