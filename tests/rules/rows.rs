//! Published scenarios of retry loops: rows P and R.

use resilient::retries::AttemptEnd;
use resilient_testkit::{Fault, ms};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::{Backoff, RetryDriver, StopReason};
use resilient::{CircuitOpen, Classification, TimedOut, fallback, retry};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::support::retry::{SECOND, at_once, breaker, build, exact, fail, fail_through};

#[tokio::test]
async fn row_p03_the_loop_stops_when_its_failures_have_opened_the_circuit() {
    let breaker = breaker(3);

    let course = fail_through(&breaker, &at_once(6), Classification::transient()).await;

    assert_eq!(course.executions, 3);
    assert_eq!(course.result, Err(Fault::Down(3)));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failure, totals.rejected), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn row_p07_a_call_fails_at_once_while_the_circuit_is_open() {
    let breaker = breaker(1);
    let policy = build(&exact().base_delay(SECOND));
    breaker.trip().unwrap();
    let start = Instant::now();

    let course = fail_through(&breaker, &policy, Classification::transient()).await;

    assert!(matches!(course.result, Err(Fault::Open(_))));
    assert!(start.elapsed() < ms(200), "{:?}", start.elapsed());
}

#[tokio::test]
async fn row_p09_a_breaker_around_a_loop_sees_one_failure() {
    let breaker = breaker(3);
    let mut executions = 0;

    let result: Result<(), Fault> = breaker
        .call(async || {
            at_once(2)
                .call()
                .run(|attempt| {
                    executions += 1;
                    async move { Err(Fault::Down(attempt.number())) }
                })
                .await
        })
        .await;

    assert_eq!((result, executions), (Err(Fault::Down(3)), 3));
    assert_eq!(breaker.snapshot().totals.failure, 1);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test]
async fn row_p18_an_open_circuit_is_one_attempt_and_no_execution() {
    let breaker = breaker(1);
    breaker.trip().unwrap();

    let course = fail_through(&breaker, &at_once(2), Classification::transient()).await;

    assert!(matches!(course.result, Err(Fault::Open(_))));
    assert_eq!(course.executions, 0);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test]
async fn row_r01_three_attempts_that_fail_return_the_last_error() {
    let settings = exact().base_delay(Duration::ZERO).max_attempts(3);

    let course = fail(&build(&settings), Classification::transient()).await;

    assert_eq!(course.executions, 3);
    assert_eq!(course.result, Err(Fault::Down(3)));
}

#[test]
fn row_r07_after_two_retries_they_are_exhausted() {
    let policy = build(&exact().max_attempts(3));
    let mut retry = RetryDriver::start(&policy);

    let next = [(); 3].map(|()| retry.after(AttemptEnd::Failed(Classification::transient()), None));

    assert_eq!(next, [Ok(ms(100)), Ok(ms(200)), Err(StopReason::Exhausted)]);
    assert_eq!(retry.attempt_number(), 3);
}

#[tokio::test]
async fn row_r08_twelve_retries_are_thirteen_executions() {
    let mut executions = 0;

    let output = at_once(12)
        .call()
        .classify_with(|output: &i32| (*output == 0).then(Classification::transient))
        .run(|_| {
            executions += 1;
            async { 0 }
        })
        .await;

    assert_eq!((output, executions), (0, 13));
}

#[tokio::test(start_paused = true)]
async fn row_r13_a_call_that_is_cancelled_in_its_delay_makes_no_other_attempt() {
    let policy = build(&exact());
    let mut executions = 0;

    let cut = timeout(
        ms(50),
        policy.call().run(|_| {
            executions += 1;
            async { Err::<(), ()>(()) }
        }),
    )
    .await;
    sleep(3600 * SECOND).await;

    assert!(cut.is_err());
    assert_eq!(executions, 1);
}

#[tokio::test(start_paused = true)]
async fn row_r15_where_the_schedule_says_nothing_the_computed_delay_is_used() {
    let policy = build(&exact().backoff(Backoff::Custom(|_| None)));

    let course = fail(&policy, Classification::transient()).await;

    assert_eq!(course.delays, [100, 200, 400].map(ms));
}

#[tokio::test(start_paused = true)]
async fn row_r16_what_the_schedule_says_is_slept() {
    let schedule = Backoff::Custom(|_| Some(Duration::from_millis(120)));

    let course = fail(&build(&exact().backoff(schedule)), Classification::transient()).await;

    assert_eq!(course.delays, [120, 120, 120].map(ms));
}

#[tokio::test]
async fn row_r17_five_retries_are_six_executions() {
    let course = fail(&at_once(5), Classification::transient()).await;

    assert_eq!(course.executions, 6);
}

#[tokio::test]
async fn row_r21_an_operation_that_succeeds_at_its_fifth_attempt_runs_five_times() {
    let mut executions = 0;

    let result = at_once(9)
        .call()
        .run(|_| {
            executions += 1;
            async move { if executions < 5 { Err(()) } else { Ok(()) } }
        })
        .await;

    assert_eq!((result, executions), (Ok(()), 5));
}

#[tokio::test]
async fn row_r30_nested_loops_multiply() {
    let (outer, inner) = (at_once(10), at_once(1));
    let executions = Cell::new(0);
    let seen_by_the_outer = RefCell::new(Vec::new());

    let result = outer
        .call()
        .run(async |_| {
            let call = inner.call().run(async |_| {
                executions.set(executions.get() + 1);
                if executions.get() <= 5 { Err(()) } else { Ok(()) }
            });
            let output = call.await;
            seen_by_the_outer.borrow_mut().push(output);
            output
        })
        .await;

    assert_eq!((result, executions.get()), (Ok(()), 6));
    assert_eq!(seen_by_the_outer.into_inner(), [Err(()), Err(()), Ok(())]);
}

#[derive(Debug, PartialEq)]
struct Any;

impl From<CircuitOpen> for Any {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Any {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

#[tokio::test(start_paused = true)]
async fn row_r06_an_attempt_that_outlasts_the_time_of_the_call_is_its_last() {
    let settings = exact().base_delay(Duration::ZERO).max_retries(9);
    let policy = build(&settings.max_elapsed(ms(100)));
    let executions = Cell::new(0);

    let call = policy.call().run_recorded(async |attempt| {
        executions.set(attempt.number());
        if attempt.number() == 2 {
            tokio::time::sleep(ms(120)).await;
        }
        Err::<(), _>(Any)
    });
    let error = call.await.unwrap_err();

    assert_eq!(executions.get(), 2);
    assert_eq!(error.reason(), StopReason::Elapsed);
}

/// Makes the call. If `token` is notified first, drops the call and returns `None`. Otherwise,
/// returns the result of the call.
async fn unless_notified<O>(token: &Notify, call: impl Future<Output = O>) -> Option<O> {
    tokio::select! {
        biased;
        output = call => Some(output),
        () = token.notified() => None,
    }
}

#[tokio::test(start_paused = true)]
async fn row_r10_an_operation_that_succeeds_while_its_caller_goes_away_has_succeeded() {
    let (token, executions) = (Notify::new(), Cell::new(0));
    let policy = build(&exact());
    let call = policy.call().run(async |_| {
        executions.set(executions.get() + 1);
        token.notify_one();
        Ok::<_, ()>("done")
    });
    assert_eq!(unless_notified(&token, call).await, Some(Ok("done")));
    assert_eq!(executions.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn row_r11_an_operation_that_fails_while_its_caller_goes_away_is_not_made_again() {
    let (token, executions) = (Notify::new(), Cell::new(0));
    let policy = build(&exact());
    let call = policy.call().run(async |_| {
        executions.set(executions.get() + 1);
        token.notify_one();
        Err::<(), ()>(())
    });
    assert_eq!(unless_notified(&token, call).await, None);
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!(executions.get(), 1);
}

/// Counts how many values of its type exist.
struct Counted(Rc<Cell<u32>>);

impl Counted {
    fn new(alive: &Rc<Cell<u32>>) -> Self {
        alive.set(alive.get() + 1);
        Self(Rc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[retry(max_retries = 5, base_delay = "0s", retry_when = |_: &Counted| true)]
async fn discards(alive: &Rc<Cell<u32>>, seen: &Cell<u32>) -> Counted {
    assert_eq!(alive.get(), 0, "the output of the attempt before was dropped");
    seen.set(seen.get() + 1);
    Counted::new(alive)
}

#[tokio::test]
async fn row_r14_of_six_outputs_five_are_dropped_each_before_the_next_attempt() {
    let (alive, seen) = (Rc::new(Cell::new(0)), Cell::new(0));
    let last = discards(&alive, &seen).await;
    assert_eq!((seen.get(), alive.get()), (6, 1));
    drop(last);
    assert_eq!(alive.get(), 0);
}

#[fallback(with = |error: u32| Ok(error * 100))]
#[retry(max_retries = 2, base_delay = "0s", attempt = attempt)]
async fn calls_back() -> Result<u32, u32> {
    Err(attempt.number())
}

#[tokio::test]
async fn row_r22_of_an_exhausted_call_the_value_of_its_callback_is_returned() {
    assert_eq!(calls_back().await, Ok(300));
}
