//! Rule R16: the gate of a call, its place among the layers, and what it may refuse.

use std::future::Future;
use std::task::{Context, Poll};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::{AttemptGate, CallHooks, EveryFailure, RetryCall, StopReason, TimeLimit};
use resilient::{Classification, Classify, Outcome, Registry, RetryPolicy};
use resilient_testkit::{ms, run};
use tokio::time::{Instant, sleep, timeout};

use crate::support::budgets::budget;
use crate::support::circuit::waiting;
use crate::support::cuts::{Late, cut, never};
use crate::support::gates::TestGate;
use crate::support::retry::{SECOND, at_once, breaker, build, exact};

type Output = Result<u32, Late>;

fn gate() -> TestGate<Output> {
    TestGate::new()
}

/// Makes a call whose attempts all fail. Returns why it ended, and the time that it took.
async fn fail<'a>(
    call: RetryCall<'a, Output, EveryFailure, impl CallHooks<'a, Output>>,
) -> (StopReason, u32, Duration) {
    let start = Instant::now();
    let mut attempts = 0;
    let result = call.run_recorded(|_| {
        attempts += 1;
        async { Err(Late::Down) }
    });
    let reason = result.await.unwrap_err().reason();
    (reason, attempts, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn r16_every_attempt_waits_until_the_gate_admits_it() {
    let mut gate = gate().then_hold(SECOND).then_hold(3 * SECOND).then_admit();
    let (start, mut starts) = (Instant::now(), Vec::new());
    let policy = build(&exact().max_retries(2));

    let result = policy.call().gate(&mut gate).run(|attempt| {
        starts.push((start.elapsed(), attempt.last_delay()));
        async { Err(Late::Down) }
    });

    assert_eq!(result.await, Err(Late::Down));
    // The second attempt slept for 100 ms before the gate held it, the third for 200 ms.
    assert_eq!(starts, [(SECOND, SECOND), (ms(3_000), ms(2_000)), (ms(3_200), ms(200))]);
}

#[tokio::test(start_paused = true)]
async fn r16_a_gate_that_refuses_ends_the_call_with_the_last_output_or_its_own() {
    let policy = at_once(3);
    let mut first = gate().then_refuse(Ok(7));
    let call = policy.call().gate(&mut first);
    assert_eq!(call.run(async |_| -> Output { unreachable!("refused") }).await, Ok(7));

    let mut second = gate().then_admit().then_refuse(Ok(7));
    let call = policy.call().gate(&mut second);
    assert_eq!(call.run(async |_| Err(Late::Down)).await, Err(Late::Down));

    let mut third = gate().then_admit().then_admit().then_refuse(Err(Late::Down));
    assert_eq!(fail(policy.call().gate(&mut third)).await, (StopReason::Gate, 2, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r16_an_attempt_that_waits_at_the_gate_holds_no_permit() {
    let breaker = breaker(5);
    let policy = RetryPolicy::DEFAULT;
    let mut gate = gate().then_hold(SECOND);
    let call = policy.call().through(&breaker).gate(&mut gate).run(async |_| Ok(1));
    let watch = async {
        sleep(ms(500)).await;
        breaker.snapshot().in_flight
    };
    assert_eq!(tokio::join!(call, watch), (Ok(1), 0));
    assert_eq!(breaker.snapshot().totals.success, 1);
}

#[tokio::test(start_paused = true)]
async fn r16_a_probe_waits_at_the_gate_and_takes_no_slot_meanwhile() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    sleep(10 * SECOND).await;
    let mut gate = gate().then_hold(SECOND);
    let policy = RetryPolicy::DEFAULT;
    let start = Instant::now();
    let call = policy.call().through(&breaker).gate(&mut gate).run(async |_| Ok(1));
    let other = async {
        sleep(ms(500)).await;
        let probe = breaker.try_acquire().expect("the slot is free");
        probe.report(Outcome::Ignored);
    };

    let (result, ()) = tokio::join!(call, other);

    assert_eq!((result, start.elapsed()), (Ok(1), SECOND));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn r16_the_breaker_may_reject_an_attempt_that_the_gate_has_admitted() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let mut gate = gate().then_hold(SECOND);
    let policy = build(&waiting());
    let start = Instant::now();

    let call = policy.call().through(&breaker).gate(&mut gate).run(async |_| Ok::<_, Late>(1));

    // The circuit is open for 10 s. The call then goes through the gate again.
    assert_eq!((call.await, start.elapsed()), (Ok(1), ms(10_100)));
    assert_eq!(gate.left.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn r16_the_wait_at_the_gate_takes_nothing_from_the_attempt_timeout() {
    let policy = RetryPolicy::DEFAULT;
    let mut gate = gate().then_hold(5 * SECOND);
    let call = policy.call().attempt_timeout(SECOND).gate(&mut gate).run(async |_| {
        sleep(ms(900)).await;
        Ok(1)
    });
    assert_eq!(call.await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn r16_a_deadline_that_passes_at_the_gate_ends_a_call_without_attempts() {
    let start = Instant::now();
    let policy = RetryPolicy::DEFAULT;
    let mut gate = gate().then_hold(5 * SECOND);

    let call = policy.call().deadline(2 * SECOND).gate(&mut gate);
    let result = call.run(async |_| -> Output { unreachable!("not admitted") }).await;

    assert_eq!(start.elapsed(), 2 * SECOND);
    let Err(Late::TimedOut(late)) = &result else { panic!("{result:?}") };
    assert_eq!(late.to_string(), "deadline of 2s passed before the first attempt");
    assert_eq!(late.classify(), Classification::ignored());
    assert_eq!(cut(result), (TimeLimit::Deadline, 0, 2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn r16_a_deadline_that_passes_at_the_gate_ends_a_call_with_its_last_error() {
    let policy = build(&exact());
    let mut gate = gate().then_admit().then_hold(5 * SECOND);
    let call = policy.call().deadline(2 * SECOND).gate(&mut gate);
    assert_eq!(fail(call).await, (StopReason::Deadline, 1, 2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn r16_the_deadline_of_an_outer_call_ends_the_wait_at_the_gate() {
    let breaker = breaker(1);
    let policy = at_once(0);
    let start = Instant::now();
    let outer = policy.call().deadline(2 * SECOND).through(&breaker).run(|_| async {
        let mut gate = gate().then_hold(5 * SECOND);
        let inner = RetryPolicy::DEFAULT.call().deadline(9 * SECOND).gate(&mut gate);
        inner.run(async |_| -> Output { unreachable!("not admitted") }).await
    });
    let result = outer.await;

    assert_eq!(start.elapsed(), 2 * SECOND);
    assert_eq!(cut(result), (TimeLimit::Deadline, 1, 2 * SECOND), "of the outer call");
}

#[tokio::test(start_paused = true)]
async fn r16_a_call_without_limits_waits_at_the_gate_until_its_outer_call_ends_it() {
    let start = Instant::now();
    let outer = at_once(0);
    let result = outer.call().deadline(2 * SECOND).run(async |_| {
        let mut gate = gate().then_hold(5 * SECOND);
        let inner = RetryPolicy::DEFAULT.call().gate(&mut gate);
        inner.run(async |_| -> Output { unreachable!("not admitted") }).await
    });
    assert_eq!(cut(result.await), (TimeLimit::Deadline, 1, 2 * SECOND), "of the outer call");
    assert_eq!(start.elapsed(), 2 * SECOND);
}

/// A gate that panics before the second attempt.
struct Panics(u32);

impl<O> AttemptGate<O> for Panics {
    fn poll_admit(&mut self, _: Option<Duration>, _: &mut Context<'_>) -> Poll<Result<(), O>> {
        assert!(self.0 == 0, "the gate panics");
        self.0 += 1;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn r16_a_panic_of_the_gate_returns_the_tokens_and_leaves_no_permit() {
    let (retry, breaker, budget) = (at_once(3).named("stock"), breaker(5), budget(10));
    let (calls, limits, tokens) = (retry.clone(), breaker.clone(), budget.clone());
    let call = tokio::spawn(async move {
        let mut gate = Panics(0);
        let call = calls.call().through(&limits).budget(&tokens).gate(&mut gate);
        call.run(async |_| -> Output { Err(Late::Down) }).await
    });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!((budget.tokens(), breaker.snapshot().in_flight), (10, 0));
    let counts = retry.snapshot().counts;
    assert_eq!((counts.panicked, counts.attempts), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn r16_the_gate_learns_the_time_that_the_call_has_left() {
    let policy = build(&exact().max_retries(1).max_elapsed(4 * SECOND));
    let mut without = gate();
    fail(policy.call().gate(&mut without)).await;
    assert_eq!(without.left, [None, Some(ms(3_900))], "max_elapsed counts before a retry only");

    let mut own = gate();
    fail(policy.call().deadline(2 * SECOND).gate(&mut own)).await;
    assert_eq!(own.left, [Some(2 * SECOND), Some(ms(1_900))]);

    let outer = at_once(0);
    let left = outer.call().deadline(3 * SECOND).run(async |_| {
        let mut inherited = gate();
        sleep(SECOND).await;
        fail(policy.call().gate(&mut inherited)).await;
        Ok::<_, Late>(inherited.left)
    });
    assert_eq!(left.await, Ok(vec![Some(2 * SECOND), Some(ms(1_900))]));
}

#[tokio::test(start_paused = true)]
async fn r16_an_override_limits_the_time_that_a_retry_has_left_at_the_gate() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", build(&exact().max_retries(1)));
    registry.override_retry("stock", RetryPolicy::builder().max_elapsed(4 * SECOND)).unwrap();
    let mut gate = gate();
    fail(retry.call().gate(&mut gate)).await;
    assert_eq!(gate.left, [None, Some(ms(3_900))]);
}

#[tokio::test(start_paused = true)]
async fn c02_an_attempt_whose_deadline_was_mostly_spent_at_the_gate_is_no_failure() {
    let policy = RetryPolicy::DEFAULT;
    for (held, failures) in [(900, 1), (1_100, 0)] {
        let breaker = breaker(1);
        let mut gate = TestGate::new().then_hold(ms(held));
        let call = policy.call().deadline(2 * SECOND).through(&breaker).gate(&mut gate);
        cut(call.run(|_| never()).await);
        assert_eq!(breaker.snapshot().totals.failure, failures, "held for {held} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn r16_a_call_that_waits_at_the_gate_is_counted_under_its_name() {
    let retry = build(&exact()).named("stock");

    let mut held = gate().then_hold(SECOND);
    assert_eq!(retry.call().gate(&mut held).run(async |_| Ok(1)).await, Ok(1));
    let counts = retry.snapshot().counts;
    assert_eq!((counts.waited, counts.waits, counts.waiting_time), (1, 0, SECOND));

    let mut cancelled = gate().then_hold(5 * SECOND);
    let call = retry.call().gate(&mut cancelled).run(async |_| Ok(1));
    timeout(SECOND, call).await.unwrap_err();
    assert_eq!(retry.snapshot().counts.cancelled, 1);

    let mut refused = gate().then_hold(SECOND).then_refuse(Err(Late::Down));
    fail(retry.call().gate(&mut refused)).await;
    let counts = retry.snapshot().counts;
    assert_eq!((counts.give_ups.of(StopReason::Gate), counts.attempts), (1, 1));
    assert_eq!(counts.waiting_time, ms(2_100), "held for 1 s, then slept for 100 ms");

    let mut at_once = gate();
    let before = retry.snapshot().counts;
    assert_eq!(retry.call().gate(&mut at_once).run(async |_| Ok(1)).await, Ok(1));
    assert_eq!(retry.snapshot().counts, before, "the call did not wait");
}

#[test]
fn r16_a_deadline_at_the_gate_without_a_timer_ends_the_call() {
    let mut gate = gate();
    let policy = RetryPolicy::DEFAULT;
    let mut never = Never;
    let call = policy.call().deadline(SECOND).gate(&mut never);
    let result = run(call.run(async |_| Ok::<u32, Late>(1)));
    assert_eq!(cut(result), (TimeLimit::NoTimer, 0, SECOND));
    let call = policy.call().gate(&mut gate);
    assert_eq!(run(call.run(async |_| Ok(1))), Ok(1));
}

/// A gate that admits no attempt.
struct Never;

impl<O> AttemptGate<O> for Never {
    fn poll_admit(&mut self, _: Option<Duration>, _: &mut Context<'_>) -> Poll<Result<(), O>> {
        Poll::Pending
    }
}

#[test]
fn r16_the_future_of_a_call_with_a_gate_is_send() {
    fn is_send<F: Future + Send>(_: F) {}
    let mut gate = gate();
    let policy = RetryPolicy::DEFAULT;
    is_send(policy.call().gate(&mut gate).run(|_| async { Ok(1) }));
}
