//! Rule R5: a limit on the elapsed time ends the retries.

use resilient_testkit::{Fault, ms};
use std::time::Duration;

use resilient::{Classification, RetryPolicy};
use tokio::time::Instant;

use crate::support::retry::{SECOND, breaker, build, exact, fail, fail_through};
use crate::support::worst_case::worst;

#[tokio::test(start_paused = true)]
async fn r05_a_delay_that_would_reach_the_limit_is_not_slept() {
    // The delays are 100 and 200 ms. The second delay would end at 300 ms, exactly at the first
    // limit.
    let reaches = build(&exact().max_elapsed(ms(300)));
    let fits = build(&exact().max_elapsed(ms(301)));

    let reaches = fail(&reaches, Classification::transient()).await;
    let fits = fail(&fits, Classification::transient()).await;

    assert_eq!(reaches.delays, [ms(100)]);
    assert_eq!(reaches.result, Err(Fault::Down(2)), "the error of the attempt");
    assert_eq!(reaches.after, ms(0), "at once");
    assert_eq!(fits.delays, [100, 200].map(ms));
}

#[tokio::test(start_paused = true)]
async fn r05_the_time_in_attempts_counts() {
    let policy = build(&exact().max_elapsed(SECOND));
    let mut executions = 0;
    let start = Instant::now();

    let result: Result<(), u32> = policy
        .call()
        .run(|attempt| {
            executions += 1;
            async move {
                tokio::time::sleep(ms(450)).await;
                Err(attempt.number())
            }
        })
        .await;

    // Two attempts of 450 ms and a delay of 100 ms reach the limit.
    assert_eq!((result, executions), (Err(2), 2));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn r05_an_attempt_that_is_running_is_not_cut_short() {
    let policy = build(&exact().max_elapsed(SECOND));
    let start = Instant::now();

    let result: Result<&str, ()> = policy
        .call()
        .run(async |_| {
            tokio::time::sleep(3600 * SECOND).await;
            Ok("late output")
        })
        .await;

    assert_eq!(result, Ok("late output"));
    assert_eq!(start.elapsed(), 3600 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn r05_after_a_sleep_the_attempt_is_always_made() {
    let policy = build(&exact().max_elapsed(ms(101)));
    let breaker = breaker(100);

    let alone = fail(&policy, Classification::transient()).await;
    let through = fail_through(&breaker, &policy, Classification::transient()).await;

    assert_eq!((alone.executions, alone.after), (2, ms(0)));
    assert_eq!((through.executions, through.after), (2, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r05_the_limit_counts_from_the_calls_own_start() {
    let policy = build(&exact().max_elapsed(ms(301)));

    let first = fail(&policy, Classification::transient()).await;
    tokio::time::sleep(3600 * SECOND).await;
    let second = fail(&policy, Classification::transient()).await;

    assert_eq!(first.delays, second.delays);
    assert_eq!(first.executions, 3);
}

#[tokio::test(start_paused = true)]
async fn r05_retries_without_delay_are_limited_too() {
    let settings = exact().base_delay(Duration::ZERO).max_retries(u32::MAX);
    let policy = build(&settings.max_elapsed(SECOND));
    let mut executions = 0;

    let _: Result<(), ()> = policy
        .call()
        .run(|_| {
            executions += 1;
            async {
                tokio::time::sleep(ms(100)).await;
                Err(())
            }
        })
        .await;

    assert_eq!(executions, 10);
}

#[test]
fn r05_a_limit_of_zero_is_an_error() {
    let error = RetryPolicy::builder().max_elapsed(Duration::ZERO).build().unwrap_err();

    assert_eq!(error.field(), "max_elapsed");
}

#[test]
fn r05_the_defaults_are_four_attempts_and_700_ms() {
    let worst = RetryPolicy::DEFAULT.worst_case();

    assert_eq!((worst.attempts(), worst.sleep()), (4, ms(700)));
    assert_eq!(worst.with_attempt_timeout(SECOND), ms(4_700));
}

#[test]
fn r05_max_elapsed_bounds_sleep_attempts_and_the_start_of_the_last_one() {
    // The delays are 100, 200 and 400 ms. A fourth delay would end after the limit of one second.
    let fixed = worst(&exact().max_retries(9).max_elapsed(SECOND));
    // Delays with full jitter may be zero, so all ten attempts may fit.
    let spread = worst(&RetryPolicy::builder().max_retries(9).max_elapsed(SECOND));

    assert_eq!((fixed.attempts(), fixed.sleep()), (4, ms(700)));
    assert_eq!(fixed.with_attempt_timeout(10 * SECOND), 11 * SECOND);
    assert_eq!(fixed.with_attempt_timeout(ms(10)), ms(740));
    assert_eq!((spread.attempts(), spread.sleep()), (10, SECOND));
}

#[test]
fn r05_a_sleep_that_would_end_with_the_limit_is_not_in_the_worst_case() {
    let attempts = |limit| worst(&exact().max_elapsed(limit)).attempts();

    assert_eq!(attempts(ms(300)), 2);
    assert_eq!(attempts(ms(300) + Duration::from_nanos(1)), 3);
}

#[tokio::test(start_paused = true)]
async fn r05_a_call_whose_attempts_all_hang_takes_its_worst_case() {
    let policy = build(&exact());
    let start = Instant::now();

    let _: Result<(), ()> = policy
        .call()
        .run(async |_| {
            tokio::time::sleep(2 * SECOND).await;
            Err(())
        })
        .await;

    let reported = policy.worst_case().with_attempt_timeout(2 * SECOND);
    assert_eq!(start.elapsed(), reported);
}
