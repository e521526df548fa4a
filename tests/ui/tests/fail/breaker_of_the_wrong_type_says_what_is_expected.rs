//! `breaker` takes a `CircuitBreaker`.

use resilient::{BreakerConfig, circuit_breaker};

#[circuit_breaker(breaker = 3)]
fn number() -> Option<u32> {
    None
}

#[circuit_breaker(breaker = "payments")]
async fn name() -> Option<u32> {
    None
}

struct Client {
    config: BreakerConfig,
}

impl Client {
    #[circuit_breaker(breaker = self.config)]
    fn config(&mut self) -> Option<u32> {
        None
    }
}

fn main() {}
