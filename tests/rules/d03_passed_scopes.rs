//! Rule D3: what a passed scope means to breakers and retries.

use std::future::pending;
use std::io;

use resilient::breaker::CircuitState;
use resilient::deadline::scope;
use resilient::{Classification, Classify, Registry, circuit_breaker, retry};
use resilient_testkit::{Calls, ms};

use crate::support::cuts::{Late, never};
use crate::support::retry::{SECOND, at_once, breaker};

#[retry(deadline = "10s")]
#[circuit_breaker(name = "d03 below", failure_threshold = 1)]
async fn below() -> io::Result<()> {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn d03_callers_with_tiny_deadlines_open_no_circuit_below() {
    for _ in 0..10 {
        assert!(scope(ms(2), below()).await.is_err());
    }
    let snapshot = Registry::global().get("d03 below").unwrap().snapshot();
    assert_eq!(snapshot.state, CircuitState::Closed);
    assert_eq!((snapshot.totals.abandoned, snapshot.totals.failure), (10, 0));
    assert_eq!(snapshot.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn d03_an_attempt_in_a_scope_that_ran_as_long_as_its_limit_is_a_failure() {
    let (breaker, policy) = (breaker(1), at_once(0));
    let call = || policy.call().through(&breaker).attempt_timeout(SECOND).run(|_| never());
    assert!(matches!(scope(5 * SECOND, call()).await, Ok(Err(Late::TimedOut(_)))));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[circuit_breaker(name = "d03 above", failure_threshold = 1)]
async fn above(calls: &Calls) -> io::Result<()> {
    calls.next();
    Ok(scope(ms(2), pending()).await?)
}

#[retry(base_delay = "0s")]
async fn retried(calls: &Calls) -> io::Result<()> {
    above(calls).await
}

#[tokio::test(start_paused = true)]
async fn d03_the_error_of_a_scope_is_ignored_by_breakers_above_and_not_retried() {
    let calls = Calls::new();
    assert_eq!(retried(&calls).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(calls.count(), 1);
    let breaker = Registry::global().get("d03 above").unwrap();
    assert_eq!((breaker.state(), breaker.snapshot().totals.ignored), (CircuitState::Closed, 1));
    let timed_out = scope(ms(2), pending::<()>()).await.unwrap_err();
    assert_eq!(timed_out.classify(), Classification::ignored());
}
