//! If a window, or a number of buckets or keys, is out of range, the message gives the range.

use resilient::circuit_breaker;

#[circuit_breaker(window = 0)]
fn no_calls() -> Option<u32> {
    None
}

#[circuit_breaker(window = 2_000_000)]
fn too_many_calls() -> Option<u32> {
    None
}

#[circuit_breaker(window = "0s")]
fn no_time() -> Option<u32> {
    None
}

#[circuit_breaker(window = "60s", window_buckets = 0)]
fn no_buckets() -> Option<u32> {
    None
}

#[circuit_breaker(window = "60s", window_buckets = 5000)]
fn too_many_buckets() -> Option<u32> {
    None
}

#[circuit_breaker(key = host, max_keys = 0)]
fn no_keys(host: &str) -> Option<u32> {
    host.parse().ok()
}

#[circuit_breaker(key = host, max_keys = 2_000_000)]
fn too_many_keys(host: &str) -> Option<u32> {
    host.parse().ok()
}

fn main() {}
