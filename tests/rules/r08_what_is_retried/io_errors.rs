//! A rejection and a passed time limit inside `std::io::Error`.

use std::future::pending;
use std::io;

use resilient::retries::TimeLimit;
use resilient::{CircuitBreaker, CircuitOpen, TimedOut, circuit_breaker, retry, timeout};
use resilient_testkit::Calls;

use crate::support::retry::breaker;

#[circuit_breaker(breaker = callee)]
fn read(callee: &CircuitBreaker) -> io::Result<u32> {
    Err(io::ErrorKind::ConnectionReset.into())
}

#[test]
fn r08_a_rejected_call_with_an_io_error_needs_no_on_open() {
    let callee = breaker(1);
    assert_eq!(read(&callee).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let error = read(&callee).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert_eq!(CircuitOpen::find_in(&error).unwrap().breaker(), "inventory");
    assert!(error.get_ref().unwrap().is::<CircuitOpen>());
    assert!(error.to_string().starts_with("circuit breaker `inventory` is open"), "{error}");
}

#[tokio::test]
async fn r08_a_rejection_inside_an_io_error_is_not_retried_and_ignored_by_an_outer_breaker() {
    #[retry(jitter = none, base_delay = "0s")]
    #[circuit_breaker(breaker = outer)]
    async fn call(
        outer: &CircuitBreaker,
        callee: &CircuitBreaker,
        calls: &Calls,
    ) -> io::Result<u32> {
        calls.next();
        read(callee)
    }
    let (outer, callee, calls) = (breaker(100), breaker(100), Calls::new());
    assert!(call(&outer, &callee, &calls).await.is_err());
    assert_eq!((calls.count(), outer.snapshot().totals.failure), (4, 4));
    callee.force_open();
    let calls = Calls::new();
    let error = call(&outer, &callee, &calls).await.unwrap_err();
    assert!(CircuitOpen::find_in(&error).is_some());
    assert_eq!((calls.count(), outer.snapshot().totals.ignored), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn r08_a_time_limit_inside_an_io_error_is_retried_below_the_deadline() {
    #[retry(max_retries = 2, base_delay = "0s", attempt_timeout = "1s")]
    async fn limited(calls: &Calls) -> io::Result<()> {
        calls.next();
        pending().await
    }
    #[timeout("1s")]
    async fn cut() -> io::Result<()> {
        pending().await
    }
    // The time limit of a callee is an error like any other.
    #[retry(max_retries = 2, base_delay = "0s")]
    #[circuit_breaker(breaker = outer)]
    async fn above(outer: &CircuitBreaker, calls: &Calls) -> io::Result<()> {
        calls.next();
        cut().await
    }
    let of = |error: &io::Error| {
        let timed_out = error.get_ref().and_then(|inner| inner.downcast_ref::<TimedOut>());
        timed_out.map(|timed_out| (timed_out.limit(), timed_out.attempts()))
    };
    let calls = Calls::new();
    let error = limited(&calls).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!((of(&error), calls.count()), (Some((TimeLimit::AttemptTimeout, 3)), 3));
    assert_eq!(of(&cut().await.unwrap_err()), Some((TimeLimit::Timeout, 1)));
    let (outer, calls) = (breaker(100), Calls::new());
    assert_eq!(above(&outer, &calls).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((calls.count(), outer.snapshot().totals.failure), (3, 3));
}

#[test]
fn r08_a_limit_without_a_timer_is_no_time_out() {
    #[timeout("1s")]
    async fn call() -> io::Result<()> {
        Ok(())
    }
    // This runtime has no timer.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(call()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Other);
    let timed_out = error.get_ref().unwrap().downcast_ref::<TimedOut>().unwrap();
    assert_eq!(timed_out.limit(), TimeLimit::NoTimer);
}
