//! The pattern `&mut (a, ref mut b)` copies `a` out of the argument, so `a` itself is no reference.
#![deny(unused_mut)]

use resilient::{circuit_breaker, retry};

#[retry(base_delay = "0s")]
fn copied(&mut (by, ref mut count): &mut (u32, u32)) -> Option<u32> {
    *count += by;
    (*count >= 6).then_some(*count)
}

#[retry]
#[circuit_breaker]
async fn alone(&mut n: &mut u32, calls: &mut u32) -> Option<u32> {
    *calls += 1;
    tokio::task::yield_now().await;
    (*calls == 3).then_some(n)
}

#[circuit_breaker(order = explicit)]
#[retry(base_delay = "0s")]
fn changed(&mut mut n: &mut u32, calls: &mut u32) -> Option<u32> {
    n += 1;
    *calls += 1;
    (*calls == 3).then_some(n)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(copied(&mut (2, 0)), Some(6));
    assert_eq!(alone(&mut 7, &mut 0).await, Some(7));
    assert_eq!(changed(&mut 7, &mut 0), Some(8));
}
