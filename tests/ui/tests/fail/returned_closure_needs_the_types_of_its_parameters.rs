//! A documented limit: a closure for `-> impl Fn(…)` must state its parameter types.

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
