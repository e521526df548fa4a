//! If the body does not use the variable of `attempt`, the lint fires at the name of the variable.
#![deny(unused_variables)]

use resilient::retry;

#[retry(attempt = attempt)]
async fn call() -> Option<u32> {
    None
}

fn main() {}
