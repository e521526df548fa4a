//! Rule D2: the time until the deadline of the running code.

use std::time::Duration;

use resilient::deadline::{carry, remaining, scope, scope_blocking};
use tokio::time::sleep;

use crate::support::cuts::Late;
use crate::support::retry::{SECOND, at_once};

#[tokio::test(start_paused = true)]
async fn d02_the_time_left_is_that_until_the_earliest_deadline() {
    assert_eq!(remaining(), None);
    let policy = at_once(0);
    let left = scope(5 * SECOND, async {
        sleep(SECOND).await;
        let call = policy.call().attempt_timeout(3 * SECOND);
        let inside: Result<_, Late> = call.run(async |_| Ok(remaining())).await;
        (inside.unwrap(), remaining())
    });
    assert_eq!(left.await, Ok((Some(3 * SECOND), Some(4 * SECOND))));
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn d02_the_time_left_is_zero_after_the_deadline() {
    let carried = scope(SECOND, async {
        Box::pin(carry(async {
            sleep(2 * SECOND).await;
            remaining()
        }))
    });
    assert_eq!(carried.await.unwrap().await, Some(Duration::ZERO));
}

#[test]
fn d02_a_plain_function_reads_the_time_left() {
    assert_eq!(scope_blocking(Duration::ZERO, remaining), Some(Duration::ZERO));
    let (outer, inner) = scope_blocking(100 * SECOND, || {
        let inner = scope_blocking(1_000 * SECOND, remaining);
        (remaining().unwrap(), inner.unwrap())
    });
    assert!(inner <= 100 * SECOND && outer <= inner, "{outer:?}, {inner:?}");
    assert_eq!(remaining(), None);
}
