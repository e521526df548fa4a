//! The lint fires at the same locations with and without the attribute.
#![deny(unused_variables)]

use resilient::{circuit_breaker, retry};

#[retry]
async fn argument(unused: String, used: String) -> Option<String> {
    Some(used)
}

#[retry]
fn local(text: &str) -> Option<u32> {
    let length = text.len();
    None
}

#[circuit_breaker]
fn below_a_breaker(unused: u32) -> Option<u32> {
    let local = 3;
    None
}

#[retry]
#[circuit_breaker]
async fn below_both(unused: u32, (a, b): (u32, u32)) -> Option<u32> {
    Some(a)
}

struct Client;

impl Client {
    #[retry]
    fn method(&mut self, mut unused: u32) -> Option<u32> {
        None
    }
}

fn main() {}
