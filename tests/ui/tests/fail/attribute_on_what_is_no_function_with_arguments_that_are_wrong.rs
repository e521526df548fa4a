//! If the item is no function and the arguments of the attribute are invalid, both are reported.

use resilient::retry;

#[retry(max_retry = 3)]
struct Struct;

fn main() {}
