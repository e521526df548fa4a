//! `timeout` takes a time above zero, with a unit. The time is not a `key = value` pair.

use resilient::timeout;

#[timeout]
async fn nothing() -> Option<u32> {
    None
}

#[timeout()]
async fn empty() -> Option<u32> {
    None
}

#[timeout("0s")]
async fn zero() -> Option<u32> {
    None
}

#[timeout(2)]
async fn no_unit() -> Option<u32> {
    None
}

#[timeout(after = "2s")]
async fn a_key() -> Option<u32> {
    None
}

#[timeout("2s", "3s")]
async fn two() -> Option<u32> {
    None
}

#[timeout("2s", deadline = "3s")]
async fn the_key_of_another() -> Option<u32> {
    None
}

fn main() {}
