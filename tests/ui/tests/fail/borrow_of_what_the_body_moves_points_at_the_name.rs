//! If `borrow` lists an argument, the body cannot move the argument.

use resilient::retry;

fn take(_: String) {}

#[retry(borrow(body))]
async fn in_an_async_function(body: String) -> Option<u32> {
    take(body);
    None
}

#[retry(borrow(body))]
fn in_a_plain_function(body: String) -> Option<u32> {
    take(body);
    None
}

fn main() {}
