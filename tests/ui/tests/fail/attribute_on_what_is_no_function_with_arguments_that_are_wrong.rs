//! The compiler reports both mistakes at once.

use resilient::retry;

#[retry(max_retry = 3)]
struct Struct;

fn main() {}
