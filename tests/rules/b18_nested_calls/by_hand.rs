//! Rule B18: nested calls through `call`, through a retry policy, and with permits.

use std::cell::Cell;

use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, Outcome, RetryPolicy};
use tokio::task::yield_now;

use super::only_successes;
use resilient_testkit::{Fault, closed, due, fragile, rejection, run, succeed};

type Output = Result<u32, Fault>;

/// Makes two calls, one after the other. Each call yields once to the runtime.
async fn two_calls(breaker: &CircuitBreaker) -> Output {
    let call = || {
        breaker.call(async || {
            yield_now().await;
            Ok::<_, Fault>(1)
        })
    };
    Ok(call().await? + call().await?)
}

/// Acquires a permit on this thread and reports a success.
fn plain_call(breaker: &CircuitBreaker) -> Output {
    let permit = breaker.try_acquire()?;
    let output = Ok(1);
    permit.report_output(&output);
    output
}

#[tokio::test]
async fn b18_calls_of_the_handle() {
    let (breaker, _clock) = due(&fragile());
    assert_eq!(breaker.call(async || two_calls(&breaker).await).await, Ok(2));
    assert_eq!(breaker.state(), CircuitState::Closed);
    only_successes("call", &breaker.snapshot());
    assert_eq!(breaker.snapshot().totals.success, 1);
}

#[tokio::test]
async fn b18_an_operation_that_calls_before_it_returns_its_future() {
    let (breaker, _clock) = due(&fragile());
    let operation = || {
        let output = plain_call(&breaker);
        async { output }
    };
    assert_eq!(breaker.call(operation).await, Ok(1));
    assert_eq!(breaker.state(), CircuitState::Closed);

    let (breaker, _clock) = due(&fragile());
    let policy = RetryPolicy::builder().max_retries(0).build().unwrap();
    let operation = |_| {
        let output = plain_call(&breaker);
        async { output }
    };
    assert_eq!(policy.call().through(&breaker).run(operation).await, Ok(1));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn b18_calls_of_a_policy() {
    let (breaker, _clock) = due(&fragile());
    let policy = RetryPolicy::builder().max_retries(0).build().unwrap();
    let output = policy.call().through(&breaker).run(|_| two_calls(&breaker)).await;
    assert_eq!(output, Ok(2));
    assert_eq!(breaker.state(), CircuitState::Closed);
    only_successes("policy", &breaker.snapshot());
}

#[tokio::test]
async fn b18_a_permit_around_a_future() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    let output = permit.within(two_calls(&breaker)).await;
    assert_eq!(output, Ok(2));
    rejection(&breaker);
    permit.report_output(&output);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.success, 1);
}

#[test]
fn b18_a_permit_around_a_plain_call() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    let output = permit.scope(|| Ok::<_, Fault>(plain_call(&breaker)? + plain_call(&breaker)?));
    assert_eq!(output, Ok(2));
    rejection(&breaker);
    permit.report_output(&output);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b18_without_a_scope_a_call_by_hand_is_not_nested() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    rejection(&breaker);
    permit.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b18_scopes_in_one_another_end_one_by_one() {
    let (breaker, _clock) = due(&fragile());
    let permit = breaker.try_acquire().unwrap();
    permit.scope(|| {
        permit.scope(|| succeed(&breaker));
        succeed(&breaker);
    });
    rejection(&breaker);
    drop(permit);
    assert_eq!(breaker.snapshot().totals.abandoned, 1);
}

#[test]
fn b18_while_closed_the_scope_changes_nothing() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    let permit = breaker.try_acquire().unwrap();
    permit.scope(|| breaker.try_acquire().unwrap().report(Outcome::Failure));
    permit.report(Outcome::Failure);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.totals.failure), (CircuitState::Open, 2));
}

#[test]
fn b18_a_probe_of_another_breaker_admits_nothing() {
    let (one, _clock) = due(&fragile());
    let (other, _clock) = due(&fragile());
    let (outer, taken) = (one.try_acquire().unwrap(), other.try_acquire().unwrap());
    outer.scope(|| {
        rejection(&other);
        succeed(&one);
    });
    taken.report(Outcome::Success);
    assert_eq!((one.state(), other.state()), (CircuitState::HalfOpen, CircuitState::Closed));
}

#[test]
fn b18_several_probes_of_a_round_hold_their_own_nested_calls() {
    let (breaker, _clock) = due(&fragile().half_open_max_calls(2).half_open_successes(2));
    let ran = Cell::new(0);
    let probe = || {
        breaker.call(async || {
            ran.set(ran.get() + 1);
            let output = two_calls(&breaker).await;
            ran.set(ran.get() - 1);
            output
        })
    };
    let outputs = run(async { tokio::join!(probe(), probe(), probe()) });
    assert_eq!((outputs.0, outputs.1), (Ok(2), Ok(2)));
    assert!(matches!(outputs.2, Err(Fault::Open(_))), "no slot is free for the third caller");
    assert_eq!((breaker.state(), ran.get()), (CircuitState::Closed, 0));
}

#[tokio::test]
async fn b18_a_future_that_owns_its_permit() {
    let (breaker, _clock) = due(&fragile());
    let call = breaker.try_acquire_owned().unwrap().run(|| {
        let before = plain_call(&breaker);
        let breaker = &breaker;
        async move { Ok::<_, Fault>(before? + two_calls(breaker).await?) }
    });
    let (output, permit) = call.await;
    assert_eq!(output, Ok(3));
    permit.report_output(&output);
    assert_eq!(breaker.state(), CircuitState::Closed);
    only_successes("run", &breaker.snapshot());
}
