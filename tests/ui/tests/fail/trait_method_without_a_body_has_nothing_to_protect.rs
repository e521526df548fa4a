//! The attribute belongs on the implementation of the method.

use resilient::{circuit_breaker, retry};

trait Api {
    #[retry]
    async fn get(&self) -> Option<u32>;

    #[circuit_breaker]
    fn put(&mut self, value: u32) -> Option<u32>;
}

fn main() {}
