//! Rows of the flow table that need no attribute.

use std::cell::{Cell, RefCell};

use resilient::retries::{AttemptEnd, Backoff, RetryDriver, StopReason};
use tokio::time::{sleep, timeout};

use super::*;

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

    let course = fail(
        &build(&exact().backoff(schedule)),
        Classification::transient(),
    )
    .await;

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
                if executions.get() <= 5 {
                    Err(())
                } else {
                    Ok(())
                }
            });
            let output = call.await;
            seen_by_the_outer.borrow_mut().push(output);
            output
        })
        .await;

    assert_eq!((result, executions.get()), (Ok(()), 6));
    assert_eq!(seen_by_the_outer.into_inner(), [Err(()), Err(()), Ok(())]);
}
