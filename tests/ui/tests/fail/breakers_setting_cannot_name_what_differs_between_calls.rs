//! All calls share one breaker, so its settings cannot name arguments, `self` or generics.

use resilient::circuit_breaker;

#[circuit_breaker(failure_threshold = limit)]
fn argument(limit: u32) -> Option<u32> {
    Some(limit)
}

struct Client {
    limit: u32,
}

impl Client {
    #[circuit_breaker(failure_threshold = self.limit)]
    fn receiver(&self) -> Option<u32> {
        Some(self.limit)
    }
}

#[circuit_breaker(failure_threshold = size_of::<T>() as u32)]
fn parameter<T>(value: T) -> Option<T> {
    Some(value)
}

#[circuit_breaker(failure_threshold = N)]
fn constant<const N: u32>() -> Option<u32> {
    None
}

#[circuit_breaker(key = host, max_keys = limit)]
fn bound(host: &str, limit: u32) -> Option<u32> {
    host.parse().ok().filter(|port| *port < limit)
}

#[circuit_breaker(window = limit, failure_count = 3)]
fn window(limit: u32) -> Option<u32> {
    Some(limit)
}

fn main() {}
