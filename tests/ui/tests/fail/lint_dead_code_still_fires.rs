//! An unused function with an attribute is still reported as dead code.
#![deny(dead_code)]

use resilient::{circuit_breaker, retry};

#[retry]
async fn never_called() -> Option<u32> {
    None
}

#[circuit_breaker(name = "dead")]
fn never_called_either() -> Option<u32> {
    None
}

struct Client {
    never_read: u32,
}

impl Client {
    #[retry]
    #[circuit_breaker]
    fn method(&self) -> Option<u32> {
        None
    }
}

fn main() {
    drop(Client { never_read: 3 });
}
