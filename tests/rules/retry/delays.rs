//! R2, R3 and R10: what lies between two attempts, measured.

use std::cell::Cell;

use resilient::retries::{AttemptEnd, Backoff, RetryDriver};
use resilient::testing;

use super::*;

#[tokio::test(start_paused = true)]
async fn r02_the_delays_of_a_call_are_those_of_its_schedule() {
    let schedules = [
        (Backoff::Exponential, [100, 200, 400, 800]),
        (Backoff::Constant, [100, 100, 100, 100]),
        (Backoff::Linear, [100, 200, 300, 400]),
        (Backoff::Fibonacci, [100, 100, 200, 300]),
        (
            Backoff::Custom(|k| (k != 3).then_some(Duration::from_millis(7))),
            [7, 7, 400, 7],
        ),
    ];
    for (backoff, millis) in schedules {
        let policy = build(&exact().backoff(backoff).max_retries(4));

        let course = fail(&policy, Classification::transient()).await;

        assert_eq!(course.delays, millis.map(ms), "{backoff:?}");
        assert_eq!(course.after, ms(0), "nothing is slept at the end");
    }
}

#[tokio::test(start_paused = true)]
async fn r02_the_defaults_are_100_ms_doubled_up_to_10_s() {
    let course = fail(&build(&exact().max_retries(9)), Classification::transient()).await;

    let millis = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
    assert_eq!(course.delays, millis.map(ms));
}

#[tokio::test(start_paused = true)]
async fn r02_no_schedule_goes_beyond_the_longest_delay() {
    for backoff in [
        Backoff::Exponential,
        Backoff::Linear,
        Backoff::Fibonacci,
        Backoff::Custom(|_| Some(Duration::MAX)),
    ] {
        let settings = exact().backoff(backoff).max_delay(ms(250)).max_retries(9);

        let course = fail(&build(&settings), Classification::transient()).await;

        assert_eq!(course.delays.last(), Some(&ms(250)), "{backoff:?}");
        assert!(course.delays.iter().all(|delay| *delay <= ms(250)));
    }
}

#[tokio::test(start_paused = true)]
async fn r02_a_delay_is_computed_from_its_number_and_not_from_the_delay_before() {
    let mut starts = Vec::new();

    let _: Result<(), u32> = build(&exact())
        .call()
        .classify_with(|output: &Result<(), u32>| match output {
            Err(1) => Some(Classification::transient().after(30 * SECOND)),
            other => other.is_err().then(Classification::transient),
        })
        .run(|attempt| {
            starts.push(Instant::now());
            async move { Err(attempt.number()) }
        })
        .await;

    assert_eq!(
        starts[1] - starts[0],
        ms(30_100),
        "what the first one asked for"
    );
    assert_eq!(starts[2] - starts[1], ms(200));
    assert_eq!(starts[3] - starts[2], ms(400));
}

#[tokio::test(start_paused = true)]
async fn r02_execution_time_is_no_part_of_a_delay() {
    let mut pauses = Vec::new();
    let end = Cell::new(Instant::now());

    let _: Result<(), ()> = build(&exact())
        .call()
        .run(|_| {
            pauses.push(end.get().elapsed());
            async {
                tokio::time::sleep(3 * SECOND).await;
                end.set(Instant::now());
                Err(())
            }
        })
        .await;

    assert_eq!(pauses, [0, 100, 200, 400].map(ms));
}

#[test]
fn r02_a_delay_can_be_anything_up_to_the_longest_duration() {
    let settings = exact().base_delay(Duration::MAX).max_delay(Duration::MAX);
    let policy = build(&settings.max_retries(u32::MAX));
    let mut retry = RetryDriver::start(&policy);

    let delay = retry.after(AttemptEnd::Failed(Classification::transient()), None);

    assert_eq!(delay, Ok(Duration::MAX));
}

#[tokio::test(start_paused = true)]
async fn r03_full_jitter_is_the_default() {
    let nominal = [100, 200, 400].map(ms);
    let mut in_the_lower_half = 0;
    for seed in 0..100 {
        let policy = build(&RetryPolicy::builder().seed(seed));

        let course = fail(&policy, Classification::transient()).await;

        for (delay, nominal) in course.delays.into_iter().zip(nominal) {
            // Tokio's timer rounds up to a millisecond.
            assert!(delay <= nominal, "{delay:?} of {nominal:?}");
            in_the_lower_half += u32::from(delay < nominal / 2);
        }
    }
    assert!(
        (100..=200).contains(&in_the_lower_half),
        "{in_the_lower_half} of 300 delays are in the lower half"
    );
}

#[tokio::test(start_paused = true)]
async fn r03_calls_with_one_seed_have_the_same_delays() {
    for jitter in [
        Jitter::Full,
        Jitter::Equal,
        Jitter::Proportional(0.5),
        Jitter::Decorrelated,
        Jitter::Smooth,
    ] {
        let settings = RetryPolicy::builder().jitter(jitter).max_retries(8);
        let policy = build(&settings.clone().seed(42));
        let other = build(&settings.seed(43));

        let first = fail(&policy, Classification::transient()).await.delays;
        let second = fail(&policy, Classification::transient()).await.delays;
        let with_another_seed = fail(&other, Classification::transient()).await.delays;

        assert_eq!(first, second, "{jitter:?}");
        assert_ne!(first, with_another_seed, "{jitter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r03_calls_without_a_seed_have_delays_of_their_own() {
    let policy = build(&RetryPolicy::builder().max_retries(8));

    let first = fail(&policy, Classification::transient()).await.delays;
    let second = fail(&policy, Classification::transient()).await.delays;

    assert_ne!(first, second);
}

#[test]
fn r03_a_proportion_is_at_most_all_of_the_delay() {
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let settings = RetryPolicy::builder().jitter(Jitter::Proportional(share));

        let error = settings.build().unwrap_err();

        assert_eq!(error.field(), "jitter", "{share}");
    }
}

#[test]
fn r03_a_jitter_that_is_a_schedule_of_its_own_goes_with_exponential_and_without_a_factor() {
    for jitter in [Jitter::Decorrelated, Jitter::Smooth] {
        let settings = RetryPolicy::builder().jitter(jitter);

        let with_factor = settings.clone().backoff_factor(3.0).build().unwrap_err();
        let with_linear = settings.clone().backoff(Backoff::Linear).build();

        assert!(settings.build().is_ok(), "{jitter:?}");
        assert_eq!(with_factor.field(), "backoff_factor");
        assert_eq!(with_linear.unwrap_err().field(), "jitter");
    }
}

#[test]
fn r02_a_factor_below_one_and_a_cap_below_the_base_are_errors() {
    for factor in [0.99, 0.0, -2.0, f64::NAN, f64::INFINITY] {
        let error = RetryPolicy::builder()
            .backoff_factor(factor)
            .build()
            .unwrap_err();

        assert_eq!(error.field(), "backoff_factor", "{factor}");
    }
    let error = RetryPolicy::builder()
        .base_delay(SECOND)
        .max_delay(ms(999))
        .build()
        .unwrap_err();
    assert_eq!(error.field(), "max_delay");
}

#[tokio::test]
async fn r10_a_first_try_that_succeeds_draws_no_random_number() {
    let breaker = breaker(1);
    let delays = || RetryPolicy::DEFAULT.delays().collect::<Vec<_>>();
    testing::seed_thread(10);
    let untouched = delays();
    testing::seed_thread(10);

    let alone: Result<(), Fault> = RetryPolicy::DEFAULT.call().run(async |_| Ok(())).await;
    let through: Result<(), Fault> = RetryPolicy::DEFAULT
        .call()
        .through(&breaker)
        .run(async |_| Ok(()))
        .await;

    assert_eq!((alone, through), (Ok(()), Ok(())));
    assert_eq!(delays(), untouched);
}
