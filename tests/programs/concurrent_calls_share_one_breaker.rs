//! Concurrent calls of one function share one breaker: on several threads, in one task, and if some
//! of the calls are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilient::{Registry, circuit_breaker, retry};

#[retry(base_delay = "1ms", max_retries = 2)]
#[circuit_breaker(name = "tasks", failure_threshold = 1000)]
async fn called(number: u32, calls: Arc<AtomicU32>) -> Option<u32> {
    calls.fetch_add(1, SeqCst);
    tokio::time::sleep(Duration::from_millis(u64::from(number))).await;
    (number % 2 == 0).then_some(number)
}

#[retry(base_delay = "0s", max_retries = 2)]
#[circuit_breaker(name = "threads", failure_threshold = 1000)]
fn plain(number: u32, calls: &AtomicU32) -> Option<u32> {
    calls.fetch_add(1, SeqCst);
    (number % 2 == 0).then_some(number)
}

#[circuit_breaker(name = "dropped", order = explicit)]
#[retry]
async fn dropped(calls: &AtomicU32) -> Option<u32> {
    calls.fetch_add(1, SeqCst);
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    let calls = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..10).map(|number| tokio::spawn(called(number, calls.clone()))).collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.unwrap().unwrap_or_default();
    }
    assert_eq!((sum, calls.swap(0, SeqCst)), (20, 5 + 5 * 3));
    assert_eq!((totals("tasks").success, totals("tasks").failure), (5, 15));

    std::thread::scope(|scope| {
        for number in 0..4 {
            let calls = &calls;
            scope.spawn(move || plain(number, calls));
        }
    });
    assert_eq!(calls.swap(0, SeqCst), 2 + 2 * 3);
    assert_eq!((totals("threads").success, totals("threads").failure), (2, 6));

    let cut = tokio::time::timeout(Duration::from_secs(1), dropped(&calls)).await;
    assert!(cut.is_err());
    drop(dropped(&calls));
    assert_eq!(calls.load(SeqCst), 1, "a future that is never polled does nothing");
    assert_eq!(totals("dropped").abandoned, 1);
    assert_eq!((totals("dropped").success, totals("dropped").failure), (0, 0));
}
