//! Measures with a heap profiler what the layers allocate.

use std::future::{Ready, ready};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use dhat::{Alloc, HeapStats, Profiler};
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, CircuitBreaker, RetryBudget, RetryPolicy};
use resilient_testkit::run;
use resilient_tower::{BreakerLayer, DeadlineLayer, RetryLayer, TimeoutLayer};
use tower::{BoxError, Service, ServiceBuilder};

#[global_allocator]
static ALLOCATOR: Alloc = Alloc;

static ALONE: Mutex<()> = Mutex::new(());

/// Returns the smallest increase of `count` over one run of `code`. Threads of the test harness may
/// allocate during some runs, so larger increases mean nothing.
fn least(count: impl Fn(&HeapStats) -> u64, mut code: impl FnMut()) -> u64 {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _profiler = Profiler::builder().testing().build();
    code();
    let increase = || {
        let before = count(&HeapStats::get());
        code();
        count(&HeapStats::get()).saturating_sub(before)
    };
    let mut increases = std::iter::repeat_with(increase).take(50);
    let mut least = u64::MAX;
    while least > 0 {
        let Some(increase) = increases.next() else { break };
        least = least.min(increase);
    }
    least
}

/// A service that succeeds at once and allocates nothing.
#[derive(Clone)]
struct Succeeds;

impl Service<u32> for Succeeds {
    type Response = u32;
    type Error = BoxError;
    type Future = Ready<Result<u32, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        ready(Ok(request))
    }
}

fn call<S: Service<u32>>(service: &mut S) -> S::Future {
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
    service.call(1)
}

#[test]
fn r10_a_call_that_succeeds_at_once_allocates_nothing() {
    let breaker = CircuitBreaker::default();
    let retry = RetryLayer::new(RetryPolicy::DEFAULT.named("stock")).boxed_errors();
    let mut service = ServiceBuilder::new()
        .layer(
            retry.budget(RetryBudget::new("b", BudgetConfig::default())).through(breaker.clone()),
        )
        .layer(BreakerLayer::new(breaker))
        .service(Succeeds);
    let allocated = least(
        |heap| heap.total_blocks,
        || {
            for _ in 0..100 {
                let mut response = std::pin::pin!(call(&mut service));
                let mut context = Context::from_waker(Waker::noop());
                assert!(response.as_mut().poll(&mut context).is_ready());
            }
        },
    );
    assert_eq!(allocated, 0);
}

#[test]
fn b10_ten_thousand_dropped_calls_leave_no_memory_in_any_state() {
    for state in ["closed", "half-open", "open"] {
        let config = BreakerConfig::builder().recovery_time("0s").half_open_max_calls(1);
        let breaker = CircuitBreaker::new("stock", config.build().unwrap());
        match state {
            "half-open" => breaker.trip().unwrap(),
            "open" => breaker.force_open(),
            _ => {}
        }
        let mut service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(std::time::Duration::MAX))
            .layer(RetryLayer::new(RetryPolicy::DEFAULT).boxed_errors().through(breaker.clone()))
            .layer(BreakerLayer::new(breaker.clone()))
            .layer(TimeoutLayer::new(std::time::Duration::MAX))
            .service(Succeeds);
        let kept = least(
            |heap| heap.curr_bytes as u64,
            || {
                for number in 0..10_000 {
                    let response = call(&mut service);
                    if number % 2 == 0 && state != "half-open" {
                        let _ = run(response);
                    }
                }
            },
        );
        assert_eq!(kept, 0, "{state}");
        assert_eq!(breaker.snapshot().probes_in_flight, 0);
    }
}
