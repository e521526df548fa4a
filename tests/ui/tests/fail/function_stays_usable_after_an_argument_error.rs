//! A wrong argument of an attribute causes no errors in callers or in the body.

use resilient::{circuit_breaker, retry};

#[retry(max_retry = 3)]
async fn call(a: u32) -> Option<u32> {
    Some(a)
}

struct Client;

impl Client {
    #[retry]
    #[circuit_breaker(failure_threshold = 0)]
    fn method(&self) -> Option<u32> {
        None
    }
}

async fn caller() -> Option<u32> {
    Some(call(3).await? + Client.method()?)
}

fn main() {
    drop(caller());
}
