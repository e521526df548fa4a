//! Rule R16: a gate that closes ends the waits of a call at once.

use std::time::Duration;

use resilient::retries::{CallHooks, EveryFailure, NamedRetry, RetryCall, StopReason};
use resilient::{CircuitBreaker, RetryError};
use resilient_testkit::{Fault, ms};
use tokio::time::{Instant, sleep};

use crate::support::budgets::budget;
use crate::support::circuit::waiting;
use crate::support::gates::TestGate;
use crate::support::retry::{SECOND, at_once, breaker, build, exact};

type Output = Result<(), Fault>;

/// What a call returns that has made no attempt.
const CLOSED: Fault = Fault::Down(99);

fn closing<T: Clone>(after: Duration) -> TestGate<Result<T, Fault>> {
    TestGate::new().closing(after, Err(CLOSED))
}

/// Makes a call whose attempts all fail. Returns its error and the time that it took.
async fn fail<'a>(
    call: RetryCall<'a, Output, EveryFailure, impl CallHooks<'a, Output>>,
) -> (RetryError<Fault>, Duration) {
    let start = Instant::now();
    let result = call.run_recorded(async |attempt| Err(Fault::Down(attempt.number()))).await;
    (result.unwrap_err(), start.elapsed())
}

fn open() -> CircuitBreaker {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    breaker
}

#[tokio::test(start_paused = true)]
async fn r16_closing_ends_the_sleep_before_a_retry_with_the_error_of_the_last_attempt() {
    let (policy, budget) = (build(&exact().base_delay(SECOND)), budget(10));
    let mut gate = closing(ms(1_500));

    let (error, took) = fail(policy.call().budget(&budget).gate(&mut gate)).await;

    assert_eq!((error.error(), error.reason()), (&Fault::Down(2), StopReason::Closed));
    assert_eq!(error.attempts().count(), 2);
    assert_eq!(took, ms(1_500));
    assert_eq!(budget.tokens(), 5, "the second retry returned its tokens");
}

#[tokio::test(start_paused = true)]
async fn r16_closing_ends_a_wait_for_the_circuit_after_a_failure_with_its_error() {
    let breaker = breaker(1);
    let policy = build(&waiting());
    let mut gate = closing(SECOND);

    let (error, took) = fail(policy.call().through(&breaker).gate(&mut gate)).await;

    assert_eq!((error.error(), error.reason()), (&Fault::Down(1), StopReason::Closed));
    assert_eq!(took, SECOND);
    assert_eq!(breaker.snapshot().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn r16_a_call_without_an_attempt_returns_the_output_of_the_gate_that_closed() {
    let policy = build(&waiting());
    let breaker = open();

    let mut at_circuit = closing(SECOND);
    let (error, took) = fail(policy.call().through(&breaker).gate(&mut at_circuit)).await;
    assert_eq!((error.into_error(), took), (CLOSED, SECOND));
    assert_eq!(breaker.snapshot().waiting, 0);

    let mut at_gate = closing(SECOND).then_hold(5 * SECOND);
    let (error, took) = fail(policy.call().gate(&mut at_gate)).await;
    assert_eq!((error.into_error(), took), (CLOSED, SECOND));

    let mut before = closing(Duration::ZERO);
    sleep(SECOND).await;
    let (error, took) = fail(policy.call().gate(&mut before)).await;
    assert_eq!((error.reason(), took), (StopReason::Closed, Duration::ZERO));
    assert_eq!(error.into_error(), CLOSED);
    assert!(before.left.is_empty(), "a closed gate is not asked to admit");
}

#[tokio::test(start_paused = true)]
async fn r16_closing_ends_the_wait_of_a_retry_at_the_gate_with_the_error_of_the_last_attempt() {
    let policy = build(&exact());
    let mut gate = closing(2 * SECOND).then_admit().then_hold(5 * SECOND);

    let (error, took) = fail(policy.call().gate(&mut gate)).await;

    assert_eq!((error.error(), error.reason()), (&Fault::Down(1), StopReason::Closed));
    assert_eq!(took, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn r16_a_running_attempt_is_not_interrupted_and_no_attempt_follows_it() {
    for policy in [at_once(3), build(&exact())] {
        let mut gate = closing(SECOND);
        let start = Instant::now();
        let call = policy.call().gate(&mut gate).run_recorded(async |attempt| {
            sleep(3 * SECOND).await;
            Err::<(), _>(Fault::Down(attempt.number()))
        });

        let error = call.await.unwrap_err();

        assert_eq!((error.error(), error.reason()), (&Fault::Down(1), StopReason::Closed));
        assert_eq!(start.elapsed(), 3 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn r16_an_attempt_that_succeeds_after_closing_is_a_success() {
    let mut gate = closing(SECOND);
    let policy = build(&exact());
    let call = policy.call().gate(&mut gate).run(async |_| {
        sleep(3 * SECOND).await;
        Ok::<_, Fault>(())
    });
    assert_eq!(call.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn r16_a_call_that_gives_up_for_another_reason_keeps_its_reason() {
    let mut gate = closing(SECOND);
    let (error, _) = fail(at_once(1).call().gate(&mut gate)).await;
    assert_eq!((error.error(), error.reason()), (&Fault::Down(2), StopReason::Exhausted));
}

#[tokio::test(start_paused = true)]
async fn r16_a_closed_call_is_counted_under_its_reason_with_the_time_that_it_slept() {
    let retry: NamedRetry = build(&exact().base_delay(SECOND)).named("stock");
    let mut gate = closing(ms(1_500));

    let (error, _) = fail(retry.call().gate(&mut gate)).await;

    assert_eq!(error.retry(), Some("stock"));
    let counts = retry.snapshot().counts;
    assert_eq!((counts.give_ups.of(StopReason::Closed), counts.give_ups.total()), (1, 1));
    assert_eq!((counts.attempts, counts.retries, counts.cancelled), (2, 2, 0));
    assert_eq!(counts.waiting_time, ms(1_500));
}

#[tokio::test(start_paused = true)]
async fn r16_a_closed_wait_wakes_the_next_call_that_waits_for_the_circuit() {
    let breaker = open();
    let policy = build(&waiting());
    sleep(10 * SECOND).await;
    // A probe holds the slot, so both calls wait for it. When the probe ends, one of them is woken.
    let probe = breaker.try_acquire().unwrap();
    let mut gate = closing(SECOND);
    let closed = policy.call().through(&breaker).gate(&mut gate).run(async |_| Ok::<_, Fault>(1));
    let other = policy.call().through(&breaker).run(async |_| Ok::<_, Fault>(2));
    let end_probe = async {
        sleep(SECOND).await;
        drop(probe);
    };
    let start = Instant::now();

    let (closed, other, ()) =
        tokio::join!(closed, async { (other.await, start.elapsed()) }, end_probe);

    assert_eq!(closed, Err(CLOSED));
    assert_eq!(other, (Ok(2), ms(1_100)));
}
