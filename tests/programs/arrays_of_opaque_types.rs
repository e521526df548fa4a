//! The attributes accept `impl Trait` as the element of an array.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{circuit_breaker, retry};

#[retry(base_delay = "0s")]
fn plain(calls: &AtomicU32) -> Option<[impl Fn(u32) -> u32 + use<>; 2]> {
    fn one(n: u32) -> u32 {
        n + 1
    }
    (calls.fetch_add(1, SeqCst) == 2).then_some([one, one])
}

#[retry]
#[circuit_breaker]
async fn later(calls: &AtomicU32) -> Option<[impl ToString + use<>; 1]> {
    (calls.fetch_add(1, SeqCst) == 2).then_some(["x"])
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let calls = AtomicU32::new(0);
    let [one, two] = plain(&calls).unwrap();
    assert_eq!(one(two(1)), 3);
    assert_eq!(calls.swap(0, SeqCst), 3);
    let [text] = later(&calls).await.unwrap();
    assert_eq!(text.to_string(), "x");
    assert_eq!(calls.load(SeqCst), 3);
}
