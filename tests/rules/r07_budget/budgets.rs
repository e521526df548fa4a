//! Rule R7: budgets limit the retries of loops.

use resilient_testkit::{Fault, ms};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilient::retries::StopReason;
use resilient::{Classification, RetryBudget, RetryError, RetryPolicy};
use tokio::time::Instant;

use crate::support::budgets::budget;
use crate::support::retry::{at_once, breaker, build, exact};

/// Makes a call whose attempts all fail.
async fn fail(policy: &RetryPolicy, budget: &RetryBudget) -> RetryError<Fault> {
    let call = policy.call().budget(budget);
    let result = call.run_recorded(async |attempt| Err::<(), _>(Fault::Down(attempt.number())));
    result.await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn r07_an_empty_budget_ends_the_call_with_the_error_of_the_attempt() {
    let budget = budget(12);
    let start = Instant::now();
    let policy = build(&exact().max_retries(9));

    let error = fail(&policy, &budget).await;

    assert_eq!(error.reason(), StopReason::Budget);
    assert_eq!(error.error(), &Fault::Down(3));
    assert_eq!(start.elapsed(), ms(300), "the call did not sleep again");
    assert_eq!(budget.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn r07_a_call_that_is_cancelled_in_its_sleep_returns_the_token() {
    let budget = budget(10);
    let policy = build(&exact());
    let call = policy.call().budget(&budget);
    let mut call = Box::pin(call.run(async |_| Err::<(), _>(Fault::Down(0))));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    assert_eq!(budget.tokens(), 5, "the call reserves the tokens before it sleeps");
    drop(call);
    assert_eq!(budget.tokens(), 10);
}

#[tokio::test(start_paused = true)]
async fn r07_a_call_that_is_cancelled_in_its_retry_has_spent_the_token() {
    let budget = budget(10);
    let policy = at_once(3);
    let call = policy.call().budget(&budget);
    let mut call = Box::pin(call.run(async |attempt| {
        if attempt.is_first() {
            return Err::<(), _>(Fault::Down(1));
        }
        std::future::pending().await
    }));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    drop(call);
    assert_eq!(budget.tokens(), 5);
    assert_eq!(budget.snapshot().counts.spent, 1);
}

#[tokio::test(start_paused = true)]
async fn r07_a_retry_that_succeeds_is_refunded_and_a_first_attempt_adds_the_deposit() {
    let budget = budget(10);
    let policy = at_once(3);
    let call = policy.call().budget(&budget);
    let result =
        call.run(
            async |attempt| {
                if attempt.number() < 3 { Err(Fault::Down(attempt.number())) } else { Ok(()) }
            },
        );
    assert_eq!(result.await, Ok(()));
    // The budget started with ten tokens. Two retries took five tokens each, and a refund returned
    // five.
    assert_eq!(budget.tokens(), 5);

    let call = policy.call().budget(&budget);
    assert_eq!(call.run(async |_| Ok::<(), Fault>(())).await, Ok(()));
    assert_eq!(budget.tokens(), 6);
}

#[tokio::test(start_paused = true)]
async fn r07_an_answered_error_counts_as_a_success_for_the_budget() {
    let budget = budget(10);
    let policy = at_once(3);
    let call = policy.call().budget(&budget);
    let classify = |_: &Result<(), Fault>| Some(Classification::answered());
    let result = call.classify_with(classify).run(async |_| Err(Fault::Down(404)));
    assert_eq!(result.await, Err(Fault::Down(404)));
    assert_eq!(budget.tokens(), 11);
}

#[tokio::test(start_paused = true)]
async fn r07_an_error_that_is_not_retried_costs_no_token() {
    let budget = budget(10);
    let exhausted = fail(&at_once(0), &budget).await;
    assert_eq!(exhausted.reason(), StopReason::Exhausted);
    let elapsed = fail(&build(&exact().max_elapsed(ms(1))), &budget).await;
    assert_eq!(elapsed.reason(), StopReason::Elapsed);
    let policy = at_once(3);
    let call = policy.call().budget(&budget);
    let classify = |_: &Result<(), Fault>| Some(Classification::permanent());
    let result = call.classify_with(classify).run(async |_| Err(Fault::Down(1)));
    assert_eq!(result.await, Err(Fault::Down(1)));
    assert_eq!(budget.tokens(), 10);
    assert_eq!(budget.snapshot().counts.granted, 0);
}

#[tokio::test(start_paused = true)]
async fn r07_a_retry_that_the_circuit_rejects_returns_its_token() {
    let budget = budget(10);
    let breaker = breaker(100);
    let policy = build(&exact());
    let call = policy.call().budget(&budget).through(&breaker);
    let call = call.run(async |attempt| Err::<(), _>(Fault::Down(attempt.number())));
    let operator = async {
        tokio::time::sleep(ms(50)).await;
        assert_eq!(budget.tokens(), 5);
        breaker.force_open();
    };
    let (result, ()) = tokio::join!(call, operator);
    assert_eq!(result, Err(Fault::Down(1)));
    assert_eq!(budget.tokens(), 10);
}

#[test]
fn r07_a_retry_without_a_timer_returns_its_token() {
    let budget = budget(10);
    let policy = build(&exact());
    let call = policy.call().budget(&budget);
    let call = pin!(call.run(async |_| Err::<(), _>(Fault::Down(1))));
    let polled = call.poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Ready(Err(Fault::Down(1))));
    assert_eq!(budget.tokens(), 10);
}
