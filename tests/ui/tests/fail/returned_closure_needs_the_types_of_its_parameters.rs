//! A documented limit: what `-> impl Fn(…)` says of the parameters does not reach the closure.

use resilient::retry;

#[retry(retry_when = |_| false)]
fn without_types(at: usize) -> impl Fn(&[u32]) -> Option<u32> {
    move |list| list.get(at).copied()
}

#[retry(retry_when = |_| false)]
fn with_types(at: usize) -> impl Fn(&[u32]) -> Option<u32> {
    move |list: &[u32]| list.get(at).copied()
}

fn main() {}
