//! With the key `breaker`, settings are errors, but keys that classify failures are allowed.

use resilient::{CircuitBreaker, circuit_breaker};

struct Client {
    breaker: CircuitBreaker,
}

impl Client {
    #[circuit_breaker(breaker = self.breaker, failure_threshold = 3)]
    fn call(&self) -> Option<u32> {
        None
    }

    #[circuit_breaker(name = "client", breaker = self.breaker, failure_when = Option::is_none)]
    fn another(&self) -> Option<u32> {
        None
    }

    #[circuit_breaker(breaker = self.breaker, window = "60s", failure_rate = 0.5)]
    fn window(&self) -> Option<u32> {
        None
    }

    #[circuit_breaker(breaker = self.breaker, key = host, max_keys = 9)]
    fn key(&self, host: &str) -> Option<u32> {
        host.parse().ok()
    }
}

fn main() {}
