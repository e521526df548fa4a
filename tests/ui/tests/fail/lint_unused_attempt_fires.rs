//! Whoever asks for the attempt and does not use it is warned at its name.
#![deny(unused_variables)]

use resilient::retry;

#[retry(attempt = attempt)]
async fn call() -> Option<u32> {
    None
}

fn main() {}
