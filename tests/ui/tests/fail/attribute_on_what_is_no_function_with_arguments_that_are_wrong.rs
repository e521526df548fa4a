//! An item that is no function and invalid arguments of the attribute are reported at once.

use resilient::retry;

#[retry(max_retry = 3)]
struct Struct;

fn main() {}
