//! Both mistakes are told at once.

use resilient::retry;

#[retry(max_retry = 3)]
struct Struct;

fn main() {}
