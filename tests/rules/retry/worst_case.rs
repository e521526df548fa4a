//! R1, R2, R5: what a call can come to, told beforehand.

use resilient::retries::{Backoff, WorstCase};

use super::*;

fn worst(settings: &RetryPolicyBuilder) -> WorstCase {
    build(settings).worst_case()
}

#[test]
fn r05_the_defaults_are_four_attempts_and_700_ms() {
    let worst = RetryPolicy::DEFAULT.worst_case();

    assert_eq!((worst.attempts(), worst.sleep()), (4, ms(700)));
    assert_eq!(worst.with_attempt_timeout(SECOND), ms(4_700));
}

#[test]
fn r01_no_retries_are_one_attempt_and_no_sleep() {
    let worst = worst(&exact().max_retries(0));

    assert_eq!((worst.attempts(), worst.sleep()), (1, ms(0)));
    assert_eq!(worst.with_attempt_timeout(SECOND), SECOND);
}

#[test]
fn r03_jitter_counts_as_far_as_it_lengthens_a_delay() {
    for (jitter, millis) in [
        (Jitter::None, 700),
        (Jitter::Full, 700),
        (Jitter::Equal, 700),
        (Jitter::Proportional(0.5), 1_050),
        (Jitter::Decorrelated, 100 + 300 + 900),
    ] {
        let settings = RetryPolicy::builder().jitter(jitter);

        assert_eq!(worst(&settings).sleep(), ms(millis), "{jitter:?}");
    }
}

#[test]
fn r03_jitter_does_not_lengthen_a_delay_beyond_the_cap() {
    let settings = RetryPolicy::builder().jitter(Jitter::Proportional(0.5));

    // 150, 300, and 400 rather than 600.
    let worst = worst(&settings.max_delay(ms(400)));

    assert_eq!(worst.sleep(), ms(850));
}

#[test]
fn r02_any_number_of_retries_is_a_multiplication_once_the_cap_is_reached() {
    let settings = exact().max_retries(u32::MAX);

    let worst = worst(&settings);

    // Seven delays below the cap of ten seconds, which together are 12.7 s.
    let capped = 10 * SECOND * (u32::MAX - 7);
    assert_eq!(worst.sleep(), ms(12_700) + capped);
    assert_eq!(worst.attempts(), u32::MAX, "as far as the type counts");
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
        slow.clone()
            .backoff_factor(1.0003)
            .jitter(Jitter::Proportional(0.4)),
        slow.backoff(Backoff::Linear)
            .base_delay(Duration::from_nanos(1)),
    ] {
        let policy = build(&settings);
        let bounds = (1..=60_000).map(|k| *policy.delay_bounds(k).end());
        let exact = bounds.sum::<Duration>().as_secs_f64();

        let told = policy.worst_case().sleep().as_secs_f64();

        assert!(
            told >= exact * (1.0 - 1e-12) && told < exact * 1.01,
            "{told} for {exact} of {settings:?}"
        );
    }
}

#[test]
fn r02_a_slow_schedule_within_a_limit_has_no_fewer_attempts_than_happen() {
    let limit = 1_000 * SECOND;
    let settings = exact()
        .backoff(Backoff::Linear)
        .base_delay(Duration::from_micros(3));
    let policy = build(&settings.max_retries(u32::MAX).max_elapsed(limit));
    let mut elapsed = Duration::ZERO;
    let happen = policy.nominal_delays().take_while(|delay| {
        elapsed += *delay;
        elapsed < limit
    });
    let happen = happen.count() as f64 + 1.0;

    let told = f64::from(policy.worst_case().attempts());

    assert!(
        told >= happen && told < happen * 1.01,
        "{told} for {happen}"
    );
}

#[test]
fn r02_of_a_schedule_of_ones_own_a_thousand_delays_are_asked_for_and_the_rest_is_the_cap() {
    let settings = exact()
        .backoff(Backoff::Custom(|k| Some(ms(u64::from(k % 2)))))
        .max_delay(SECOND);

    let known = worst(&settings.clone().max_retries(1_024));
    let beyond = worst(&settings.clone().max_retries(1_030));
    let for_ever = worst(&settings.max_delay(Duration::MAX).max_retries(u32::MAX));

    assert_eq!(known.sleep(), ms(512));
    assert_eq!(beyond.sleep(), ms(6_512));
    assert_eq!(for_ever.sleep(), Duration::MAX);
}

#[test]
fn r05_max_elapsed_bounds_sleep_attempts_and_the_start_of_the_last_one() {
    // 100, 200, 400 ms: the next would end after the second.
    let fixed = worst(&exact().max_retries(9).max_elapsed(SECOND));
    // Full jitter may be nothing, so that all ten attempts are possible.
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

    let told = policy.worst_case().with_attempt_timeout(2 * SECOND);
    assert_eq!(start.elapsed(), told);
}

#[tokio::test(start_paused = true)]
async fn r03_the_delays_of_a_policy_are_those_that_a_call_sleeps() {
    for seed in 0..20 {
        let settings = RetryPolicy::builder().seed(seed).max_retries(6);
        let policy = build(&settings.base_delay(SECOND));

        let course = fail(&policy, Classification::transient()).await;

        for (slept, delay) in course.delays.iter().zip(policy.delays()) {
            // Tokio's timers round up.
            assert!(
                *slept >= delay && *slept <= delay + ms(1),
                "{slept:?} for {delay:?}"
            );
        }
        assert_eq!(course.delays.len(), policy.delays().count());
    }
}

#[test]
fn r02_nominal_delays_are_those_without_jitter() {
    let policy = build(&RetryPolicy::builder().max_retries(9));

    let nominal: Vec<_> = policy.nominal_delays().collect();

    let millis = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
    assert_eq!(nominal, millis.map(ms));
    assert_eq!(
        nominal,
        build(&exact().max_retries(9)).delays().collect::<Vec<_>>()
    );
}
