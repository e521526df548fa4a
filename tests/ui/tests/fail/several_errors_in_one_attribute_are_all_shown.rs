//! All errors of an attribute are reported at once, each at its location.

use resilient::retry;

#[retry(max_retry = 3, base_delay = 100, jitter = "150%", backoff = expnential,
    when_open = never, borrow(a, a))]
fn call(a: String) -> Option<String> {
    Some(a)
}

fn main() {}
