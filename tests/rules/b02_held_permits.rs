//! Rule B2: the permit of an attempt that succeeded, which a retry loop hands to its caller.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilient::breaker::{CallCounts, OwnedPermit};
use resilient::retries::NamedRetry;
use resilient::{BreakerConfig, CircuitBreaker, Classification, Outcome};
use resilient_testkit::Fault;
use tokio::task::yield_now;
use tokio::time::{advance, sleep};

use crate::support::budgets::budget;
use crate::support::gates::TestGate;
use crate::support::retry::{SECOND, at_once, breaker, build, exact};

fn totals(breaker: &CircuitBreaker) -> CallCounts {
    breaker.snapshot().totals
}

/// Makes a call whose first attempt fails.
async fn second_succeeds(
    retry: &NamedRetry,
    breaker: &CircuitBreaker,
) -> (Result<u32, Fault>, Option<OwnedPermit>) {
    let call = retry.call().through(breaker).run_holding(|attempt| {
        let number = attempt.number();
        async move { if number == 1 { Err(Fault::Down(1)) } else { Ok(number) } }
    });
    call.await
}

#[tokio::test]
async fn b02_the_caller_reports_the_attempt_that_succeeded_and_the_loop_the_others() {
    let (retry, breaker) = (at_once(3).named("stock"), breaker(5));

    let (result, permit) = second_succeeds(&retry, &breaker).await;

    assert_eq!(result, Ok(2));
    let before = breaker.snapshot();
    assert_eq!((before.totals.failure, before.totals.success, before.in_flight), (1, 0, 1));
    assert_eq!(retry.snapshot().counts.recovered, 1, "the retry has succeeded");
    permit.unwrap().report(Outcome::Failure);
    let after = breaker.snapshot();
    assert_eq!((after.totals.failure, after.totals.success, after.in_flight), (2, 0, 0));
}

#[tokio::test]
async fn b02_a_held_permit_that_is_dropped_is_abandoned() {
    let (retry, breaker) = (at_once(3).named("stock"), breaker(5));
    drop(second_succeeds(&retry, &breaker).await);
    assert_eq!((totals(&breaker).failure, totals(&breaker).abandoned), (1, 1));
}

#[tokio::test]
async fn b02_a_call_that_does_not_succeed_or_has_no_breaker_holds_no_permit() {
    let (policy, breaker) = (at_once(1), breaker(5));

    let call = policy.call().through(&breaker);
    let (failed, permit) = call.run_holding(async |_| Err::<(), _>(Fault::Down(0))).await;
    assert!(failed.is_err() && permit.is_none());
    assert_eq!(totals(&breaker).failure, 2);

    // An error that the dependency answered is a success to the breaker, but not to the loop.
    let answered = |output: &Result<(), Fault>| output.is_err().then(Classification::answered);
    let call = policy.call().classify_with(answered).through(&breaker);
    let (_, permit) = call.run_holding(async |_| Err(Fault::Down(0))).await;
    assert!(permit.is_none());
    assert_eq!(totals(&breaker).success, 1);

    breaker.trip().unwrap();
    let call = policy.call().through(&breaker);
    let (rejected, permit) = call.run_holding(async |_| Ok::<(), Fault>(())).await;
    assert!(rejected.is_err() && permit.is_none());

    let mut gate = TestGate::new().then_refuse(Err(Fault::Down(9)));
    let call = policy.call().gate(&mut gate);
    let (refused, permit) = call.run_holding(async |_| Ok(())).await;
    assert!(refused.is_err() && permit.is_none());

    let (succeeded, permit) = policy.call().run_holding(async |_| Ok::<_, Fault>(1)).await;
    assert!(succeeded == Ok(1) && permit.is_none());
}

#[tokio::test(start_paused = true)]
async fn b06_the_head_of_a_held_call_decides_whether_it_is_slow() {
    let settings = BreakerConfig::builder().slow_call(SECOND).slow_call_rate(1.0).window(4);
    for head_at_once in [true, false] {
        let breaker = CircuitBreaker::new("stream", settings.build().unwrap());
        let policy = at_once(0);
        let call = policy.call().through(&breaker).run_holding(async |_| Ok::<_, Fault>(()));
        let mut permit = call.await.1.unwrap();
        if head_at_once {
            permit.head_received();
        }
        sleep(5 * SECOND).await;
        permit.report(Outcome::Success);
        assert_eq!(totals(&breaker).slow, u64::from(!head_at_once));
    }
}

#[tokio::test(start_paused = true)]
async fn b10_a_held_probe_keeps_its_slot_until_it_is_reported() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    advance(10 * SECOND).await;
    let policy = at_once(0);
    let call = policy.call().through(&breaker).run_holding(async |_| Ok::<_, Fault>(()));

    let permit = call.await.1.unwrap();

    assert!(breaker.try_acquire().is_err(), "the slot is taken");
    permit.report(Outcome::Success);
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test]
async fn b18_a_held_call_inside_a_probe_reports_nothing() {
    let breaker = breaker(1);
    breaker.trip_for(std::time::Duration::ZERO).unwrap();
    let probe = breaker.try_acquire().unwrap();
    let policy = at_once(0);
    let call = policy.call().through(&breaker).run_holding(async |_| Ok::<_, Fault>(()));

    let nested = probe.within(call).await.1.unwrap();

    nested.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    probe.report(Outcome::Success);
    assert_eq!(totals(&breaker).failure, 0);
}

#[tokio::test]
async fn r07_the_budget_is_paid_in_when_the_loop_ends() {
    let (policy, breaker, budget) = (at_once(1), breaker(5), budget(10));
    let failing = policy.call().budget(&budget).run(async |_| Err::<(), _>(Fault::Down(0)));
    failing.await.unwrap_err();
    let before = budget.tokens();
    let call = policy.call().budget(&budget).through(&breaker);

    let (_, permit) = call.run_holding(async |_| Ok::<_, Fault>(())).await;

    assert_eq!(budget.tokens(), before + 1);
    drop(permit);
    assert_eq!(budget.tokens(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn r11_a_held_call_dropped_at_any_poll_leaves_no_permit() {
    let policy = build(&exact());
    for polls in 0..100 {
        let breaker = breaker(100);
        let begun = Cell::new(0);
        let is_done = {
            let call = policy.call().through(&breaker).run_holding(|attempt| {
                begun.set(begun.get() + 1);
                let number = attempt.number();
                async move {
                    yield_now().await;
                    if number < 3 { Err(Fault::Down(number)) } else { Ok(()) }
                }
            });
            let mut call = pin!(call);
            let mut is_done = false;
            for _ in 0..polls {
                let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if let Poll::Ready((_, permit)) = polled {
                    is_done = permit.is_some();
                    break;
                }
                advance(SECOND).await;
            }
            is_done
        };
        let snapshot = breaker.snapshot();
        assert_eq!(snapshot.in_flight, 0, "after {polls} polls");
        let reported = snapshot.totals.failure + snapshot.totals.abandoned;
        assert_eq!(reported, begun.get(), "after {polls} polls");
        if is_done {
            assert_eq!(begun.get(), 3);
            return;
        }
    }
    panic!("the call never ends");
}
