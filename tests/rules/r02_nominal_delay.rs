//! Rule R2: before each retry, the call waits for a delay that the policy defines.

use resilient::retries::AttemptEnd;
use resilient_testkit::ms;
use std::cell::Cell;
use std::time::Duration;

use resilient::retries::{Backoff, Jitter, RetryDriver};
use resilient::{Classification, RetryPolicy};
use tokio::time::Instant;

use crate::support::retry::{SECOND, build, exact, fail};
use crate::support::worst_case::worst;

#[tokio::test(start_paused = true)]
async fn r02_a_call_sleeps_the_delays_of_its_schedule() {
    let schedules = [
        (Backoff::Exponential, [100, 200, 400, 800]),
        (Backoff::Constant, [100, 100, 100, 100]),
        (Backoff::Linear, [100, 200, 300, 400]),
        (Backoff::Fibonacci, [100, 100, 200, 300]),
        (Backoff::Custom(|k| (k != 3).then_some(Duration::from_millis(7))), [7, 7, 400, 7]),
    ];
    for (backoff, millis) in schedules {
        let policy = build(&exact().backoff(backoff).max_retries(4));

        let course = fail(&policy, Classification::transient()).await;

        assert_eq!(course.delays, millis.map(ms), "{backoff:?}");
        assert_eq!(course.after, ms(0), "there is no sleep after the last attempt");
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

    assert_eq!(starts[1] - starts[0], ms(30_100), "the hint of the first attempt");
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

#[test]
fn r02_a_factor_below_one_and_a_cap_below_the_base_are_errors() {
    for factor in [0.99, 0.0, -2.0, f64::NAN, f64::INFINITY] {
        let error = RetryPolicy::builder().backoff_factor(factor).build().unwrap_err();

        assert_eq!(error.field(), "backoff_factor", "{factor}");
    }
    let error = RetryPolicy::builder().base_delay(SECOND).max_delay(ms(999)).build().unwrap_err();
    assert_eq!(error.field(), "max_delay");
}

#[test]
fn r02_the_worst_case_of_any_number_of_retries_at_the_cap_is_a_multiplication() {
    let settings = exact().max_retries(u32::MAX);

    let worst = worst(&settings);

    // Seven delays are below the cap of ten seconds. Their sum is 12.7 s.
    let capped = 10 * SECOND * (u32::MAX - 7);
    assert_eq!(worst.sleep(), ms(12_700) + capped);
    assert_eq!(worst.attempts(), u32::MAX, "the largest `u32`");
}

#[test]
fn r02_the_longest_sleep_saturates() {
    for backoff in [Backoff::Exponential, Backoff::Constant, Backoff::Fibonacci] {
        let settings = exact()
            .backoff(backoff)
            .base_delay(Duration::from_secs(u64::MAX / 4))
            .max_delay(Duration::MAX)
            .max_retries(u32::MAX);

        let worst = worst(&settings);

        assert_eq!(worst.sleep(), Duration::MAX, "{backoff:?}");
        assert_eq!(worst.with_attempt_timeout(SECOND), Duration::MAX);
    }
}

#[test]
fn r02_a_schedule_that_grows_slowly_is_overestimated_by_less_than_a_hundredth() {
    let slow = exact().max_delay(3_600 * SECOND).max_retries(60_000);
    for settings in [
        slow.clone().backoff(Backoff::Linear).base_delay(ms(1)),
        slow.clone().backoff_factor(1.0001).base_delay(ms(1)),
        slow.clone().backoff_factor(1.000_000_1),
        slow.clone().backoff_factor(1.0003).jitter(Jitter::Proportional(0.4)),
        slow.backoff(Backoff::Linear).base_delay(Duration::from_nanos(1)),
    ] {
        let policy = build(&settings);
        let bounds = (1..=60_000).map(|k| *policy.delay_bounds(k).end());
        let exact = bounds.sum::<Duration>().as_secs_f64();

        let reported = policy.worst_case().sleep().as_secs_f64();

        assert!(
            reported >= exact * (1.0 - 1e-12) && reported < exact * 1.01,
            "{reported} for {exact} of {settings:?}"
        );
    }
}

#[test]
fn r02_the_worst_case_of_a_slow_schedule_within_a_limit_counts_every_attempt() {
    let limit = 1_000 * SECOND;
    let settings = exact().backoff(Backoff::Linear).base_delay(Duration::from_micros(3));
    let policy = build(&settings.max_retries(u32::MAX).max_elapsed(limit));
    let mut elapsed = Duration::ZERO;
    let happen = policy.nominal_delays().take_while(|delay| {
        elapsed += *delay;
        elapsed < limit
    });
    let happen = happen.count() as f64 + 1.0;

    let reported = f64::from(policy.worst_case().attempts());

    assert!(reported >= happen && reported < happen * 1.01, "{reported} for {happen}");
}

#[test]
fn r02_custom_schedules_are_equal_if_they_are_one_function() {
    fn slow(retry: u32) -> Option<Duration> {
        SECOND.checked_mul(retry)
    }
    fn fast(retry: u32) -> Option<Duration> {
        ms(1).checked_mul(retry)
    }
    assert_eq!(Backoff::Custom(slow), Backoff::Custom(slow));
    assert_ne!(Backoff::Custom(slow), Backoff::Custom(fast));
    assert_ne!(Backoff::Custom(slow), Backoff::Constant);
}

#[test]
fn r02_the_worst_case_reads_a_thousand_delays_of_a_custom_schedule_and_uses_the_cap_for_the_rest() {
    let settings =
        exact().backoff(Backoff::Custom(|k| Some(ms(u64::from(k % 2))))).max_delay(SECOND);

    let known = worst(&settings.clone().max_retries(1_024));
    let beyond = worst(&settings.clone().max_retries(1_030));
    let for_ever = worst(&settings.max_delay(Duration::MAX).max_retries(u32::MAX));

    assert_eq!(known.sleep(), ms(512));
    assert_eq!(beyond.sleep(), ms(6_512));
    assert_eq!(for_ever.sleep(), Duration::MAX);
}

#[test]
fn r02_nominal_delays_are_those_without_jitter() {
    let policy = build(&RetryPolicy::builder().max_retries(9));

    let nominal: Vec<_> = policy.nominal_delays().collect();

    let millis = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
    assert_eq!(nominal, millis.map(ms));
    assert_eq!(nominal, build(&exact().max_retries(9)).delays().collect::<Vec<_>>());
}

/// Returns settings whose delays grow up to the longest duration.
fn unbounded(base: Duration) -> resilient::retries::RetryPolicyBuilder {
    exact().base_delay(base).max_delay(Duration::MAX)
}

#[test]
fn r02_every_growing_schedule_reaches_the_longest_duration_from_any_base() {
    let bases = [Duration::from_nanos(1), ms(100), Duration::from_secs(1 << 40), Duration::MAX];
    for base in bases {
        for backoff in [Backoff::Exponential, Backoff::Fibonacci, Backoff::Custom(|_| None)] {
            let policy = build(&unbounded(base).backoff(backoff));

            assert_eq!(policy.nominal_delay(u32::MAX), Duration::MAX, "{backoff:?} from {base:?}");
        }
        for jitter in [Jitter::Decorrelated, Jitter::Smooth] {
            let policy = build(&unbounded(base).jitter(jitter));

            let bounds = policy.delay_bounds(u32::MAX);

            assert_eq!(*bounds.end(), Duration::MAX, "{jitter:?} from {base:?}");
        }
    }
}

#[test]
fn r02_fibonacci_grows_beyond_the_numbers_of_64_bits() {
    let nano = Duration::from_nanos(1);
    let policy = build(&unbounded(nano).backoff(Backoff::Fibonacci));
    let delay = |k| policy.nominal_delay(k);

    for k in 3..=136 {
        assert_eq!(delay(k), delay(k - 1) + delay(k - 2), "{k}");
    }
    // From retry 137 on, the Fibonacci number of nanoseconds exceeds `Duration::MAX`.
    for k in [137, 138, 1_000, u32::MAX] {
        assert_eq!(delay(k), Duration::MAX, "{k}");
    }
}

#[test]
fn r02_linear_delays_are_exact_for_every_number() {
    for base in [Duration::from_nanos(1), ms(100), Duration::from_secs(1 << 31)] {
        let policy = build(&unbounded(base).backoff(Backoff::Linear));

        for k in [94, 95, u32::MAX / 2, u32::MAX] {
            assert_eq!(policy.nominal_delay(k), base * k, "{k} times {base:?}");
        }
    }
    let policy = build(&unbounded(Duration::from_secs(1 << 33)).backoff(Backoff::Linear));
    assert_eq!(policy.nominal_delay(u32::MAX), Duration::MAX);
}

#[test]
fn r02_a_base_of_zero_never_becomes_a_delay() {
    for backoff in [Backoff::Exponential, Backoff::Linear, Backoff::Fibonacci] {
        let policy = build(&unbounded(Duration::ZERO).backoff(backoff));

        for k in [1, 94, 2_000, u32::MAX] {
            assert_eq!(policy.nominal_delay(k), Duration::ZERO, "{backoff:?}, {k}");
        }
    }
    for jitter in [Jitter::Decorrelated, Jitter::Smooth] {
        let policy = build(&unbounded(Duration::ZERO).jitter(jitter));

        assert_eq!(policy.delay_bounds(u32::MAX), Duration::ZERO..=Duration::ZERO, "{jitter:?}");
    }
}

#[test]
fn r02_a_smooth_or_decorrelated_call_reaches_the_cap_and_stays_there() {
    for jitter in [Jitter::Decorrelated, Jitter::Smooth] {
        let settings = unbounded(Duration::from_nanos(1)).jitter(jitter).max_retries(4_000);
        let policy = build(&settings.seed(1));

        let longest = policy.delays().max();

        let end = *policy.delay_bounds(4_000).end();
        assert_eq!(end, Duration::MAX, "{jitter:?}");
        assert!(longest > Some(Duration::from_secs(u64::from(u32::MAX))), "{longest:?}");
    }
}
