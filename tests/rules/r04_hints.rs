//! Rule R4: hints prolong a delay.

use resilient_testkit::{Fault, ms};
use std::time::Duration;

use resilient::{BreakerConfig, CircuitBreaker, Classification, RetryPolicy};

use crate::support::circuit::waiting;
use crate::support::retry::{SECOND, build, exact, fail, fail_through};

#[tokio::test(start_paused = true)]
async fn r04_a_hint_is_a_floor_under_the_wait_for_a_circuit_that_is_not_open_as_long() {
    let settings = BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(10 * SECOND)
        .max_recovery_time(20 * SECOND);
    let breaker = CircuitBreaker::new("inventory", settings.build().unwrap());
    let policy = build(&waiting().max_retries(1));
    let class = Classification::transient().after(50 * SECOND);

    let course = fail_through(&breaker, &policy, class).await;

    assert!(
        course.delays.iter().all(|delay| *delay >= 50 * SECOND),
        "asked to stay away for 50 s, back after {:?}",
        course.delays
    );
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_is_a_floor_under_the_delay() {
    let course = fail(&build(&exact()), Classification::transient().after(5 * SECOND)).await;

    // The loop waits for the hint and then for the first delay, so that clients with equal hints do
    // not return together.
    assert_eq!(course.delays, [5_100, 5_100, 5_100].map(ms));
}

#[tokio::test(start_paused = true)]
async fn r04_a_delay_that_is_longer_than_the_hint_stays_as_it_is() {
    let course = fail(&build(&exact()), Classification::transient().after(ms(50))).await;

    assert_eq!(course.delays, [150, 200, 400].map(ms));
}

#[tokio::test(start_paused = true)]
async fn r04_the_longest_delay_does_not_bound_a_hint() {
    let policy = build(&exact().max_delay(SECOND).max_retries(1));

    let course = fail(&policy, Classification::throttled().after(45 * SECOND)).await;

    assert_eq!(course.delays, [ms(45_100)]);
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_of_a_minute_is_slept_and_a_longer_one_ends_the_call_at_once() {
    let policy = build(&exact().max_retries(1));

    let kept = fail(&policy, Classification::throttled().after(60 * SECOND)).await;
    let refused = fail(&policy, Classification::throttled().after(ms(60_001))).await;

    assert_eq!(kept.delays, [ms(60_100)]);
    assert_eq!(refused.result, Err(Fault::Down(1)), "the error of the attempt");
    assert_eq!((refused.executions, refused.after), (1, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r04_max_retry_after_sets_the_longest_hint() {
    let policy = build(&exact().max_retries(1).max_retry_after(3600 * SECOND));
    let impatient = build(&exact().max_retries(1).max_retry_after(Duration::ZERO));

    let kept = fail(&policy, Classification::throttled().after(1800 * SECOND)).await;
    let refused = fail(&impatient, Classification::throttled().after(ms(1))).await;

    assert_eq!(kept.delays, [ms(1_800_100)]);
    assert_eq!(refused.executions, 1);
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_that_is_not_below_the_time_left_ends_the_call_at_once() {
    let policy = build(&exact().max_retries(1).max_elapsed(10 * SECOND));

    let fits = fail(&policy, Classification::throttled().after(ms(9_800))).await;
    let does_not = fail(&policy, Classification::throttled().after(10 * SECOND)).await;

    assert_eq!(fits.delays, [ms(9_900)]);
    assert_eq!(does_not.result, Err(Fault::Down(1)));
    assert_eq!((does_not.executions, does_not.after), (1, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_with_full_jitter_is_spread_by_up_to_the_first_delay() {
    let mut waits = Vec::new();
    for seed in 0..50 {
        let settings = RetryPolicy::builder().base_delay(SECOND).max_retries(1);
        let policy = build(&settings.seed(seed));

        let course = fail(&policy, Classification::throttled().after(20 * SECOND)).await;

        waits.push(course.delays[0]);
    }

    assert!(waits.iter().all(|wait| *wait >= 20 * SECOND && *wait <= 21 * SECOND));
    let (shortest, longest) = (waits.iter().min(), waits.iter().max());
    assert!(longest.unwrap().abs_diff(*shortest.unwrap()) > ms(700));
}

#[tokio::test(start_paused = true)]
async fn r04_a_hint_does_not_make_an_error_retried() {
    let course = fail(&build(&exact()), Classification::permanent().after(SECOND)).await;

    assert_eq!((course.executions, course.after), (1, ms(0)));
}
