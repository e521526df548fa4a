//! `break` and `continue` in the body do not reach the retry loop around it.

use resilient::retry;

#[retry]
async fn in_an_async_function() -> Option<u32> {
    break;
}

#[retry]
fn in_a_plain_function() -> Option<u32> {
    continue;
}

fn main() {}
