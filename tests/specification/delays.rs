//! The delays between attempts follow rows W02 to W33 of the published scenarios.

use std::time::Duration;

use resilient::RetryPolicy;
use resilient::retries::{Backoff, Jitter, RetryPolicyBuilder};
use resilient_testkit::ms;

use crate::support::SECOND;

const DAY: Duration = Duration::from_secs(86_400);

/// Returns settings without jitter and without a cap.
fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().jitter(Jitter::None).max_delay(Duration::MAX)
}

fn built(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

fn delays(settings: &RetryPolicyBuilder, retries: u32) -> Vec<Duration> {
    built(&settings.clone().max_retries(retries)).delays().collect()
}

#[track_caller]
fn assert_millis<const N: usize>(settings: &RetryPolicyBuilder, expected: [u64; N]) {
    let retries = u32::try_from(N).expect("few");
    assert_eq!(delays(settings, retries), expected.map(ms));
}

#[test]
fn row_w02_backoff_of_a_millisecond_up_to_ten() {
    let settings = exact().base_delay(ms(1)).max_delay(ms(10));
    assert_millis(&settings, [1, 2, 4, 8, 10, 10]);
}

#[test]
fn row_w04_exponential_of_a_second_and_of_zero() {
    assert_millis(&exact().base_delay(SECOND), [1_000, 2_000, 4_000]);
    assert_millis(&exact().base_delay(Duration::ZERO), [0, 0, 0]);
}

#[test]
fn row_w06_a_quarter_around_the_third_linear_delay() {
    let settings =
        exact().backoff(Backoff::Linear).base_delay(SECOND).jitter(Jitter::Proportional(0.25));
    let policy = built(&settings);
    // The published row gives the delays for the random numbers 0 and 1, which are the bounds.
    assert_eq!(policy.delay_bounds(3), ms(2_250)..=ms(3_750));
    let draws: Vec<_> =
        (0..10_000).map(|seed| delays(&settings.clone().seed(seed), 3)[2]).collect();
    // `share` is the expected fraction of draws that are shorter than `below`.
    for (share, below) in [(0.4, 2_850), (0.5, 3_000), (0.6, 3_150)] {
        let count = draws.iter().filter(|delay| **delay < ms(below)).count();
        let actual = count as f64 / draws.len() as f64;
        assert!((actual - share).abs() < 0.02, "{actual} of {share}");
    }
}

#[test]
fn row_w08_the_thousandth_delay_of_a_day_saturates() {
    let policy = built(&exact().base_delay(DAY));
    assert_eq!(policy.nominal_delay(1_000), Duration::MAX);
}

#[test]
fn row_w09_the_thousandth_delay_of_a_day_is_the_cap() {
    let policy = built(&exact().base_delay(DAY).max_delay(2 * DAY));
    assert_eq!(policy.nominal_delay(1_000), 2 * DAY);
}

#[test]
fn row_w10_every_delay_without_a_cap_is_above_zero() {
    for jitter in [Jitter::None, Jitter::Smooth, Jitter::Decorrelated] {
        let settings = exact().base_delay(2 * SECOND).jitter(jitter).seed(10);
        let delays = delays(&settings, 1_025);
        assert!(delays.iter().all(|delay| !delay.is_zero()), "{jitter:?}");
        assert_eq!(delays.len(), 1_025);
    }
}

#[test]
fn row_w11_no_delay_is_longer_than_its_cap() {
    let settings = exact().base_delay(2 * SECOND).max_delay(30 * SECOND);
    for jitter in [Jitter::None, Jitter::Smooth, Jitter::Decorrelated] {
        for delay in delays(&settings.clone().jitter(jitter).seed(11), 1_025) {
            assert!(!delay.is_zero() && delay <= 30 * SECOND, "{jitter:?}");
        }
    }
}

#[test]
fn row_w12_a_quarter_around_any_delay() {
    let mut random = fastrand::Rng::with_seed(12);
    for seed in 0..10_000 {
        let delay = Duration::from_nanos(random.u64(..) >> random.u32(0..64));
        let settings = exact().base_delay(delay).jitter(Jitter::Proportional(0.25)).seed(seed);
        let jittered = delays(&settings, 1)[0].as_secs_f64();
        let (delay, rounding) = (delay.as_secs_f64(), 1e-9);
        assert!(
            jittered >= delay * 0.75 - rounding && jittered <= delay * 1.25 + rounding,
            "{jittered} of {delay}"
        );
    }
}

#[test]
fn row_w14_a_factor_of_one_and_a_half_is_exact() {
    let settings = exact().base_delay(ms(500)).backoff_factor(1.5);
    let micros = [500_000, 750_000, 1_125_000, 1_687_500, 2_531_250, 3_796_875];
    assert_eq!(delays(&settings, 6), micros.map(Duration::from_micros));
}

#[test]
fn row_w18_zero_attempts_are_an_error() {
    let error = RetryPolicy::builder().max_attempts(0).build().unwrap_err();
    assert_eq!(error.field(), "max_attempts");
}

#[test]
fn row_w19_eight_doublings_of_a_second() {
    let secs = [1, 2, 4, 8, 16, 32, 64, 128].map(Duration::from_secs);
    assert_eq!(delays(&exact().base_delay(SECOND), 8), secs);
}

#[test]
fn row_w20_doublings_of_a_second_up_to_forty() {
    let settings = exact().base_delay(SECOND).max_delay(40 * SECOND);
    let secs = [1, 2, 4, 8, 16, 32, 40, 40].map(Duration::from_secs);
    assert_eq!(delays(&settings, 8), secs);
    assert_eq!(built(&settings).nominal_delay(50), 40 * SECOND);
}

#[test]
fn row_w31_a_custom_schedule_up_to_99() {
    let settings = exact()
        .backoff(Backoff::Custom(|k| Some(ms(9 + 30 * u64::from(k - 1)))))
        .base_delay(ms(9))
        .max_delay(ms(99));
    assert_millis(&settings, [9, 39, 69, 99, 99]);
}

#[test]
fn row_w32_a_fifth_around_a_capped_exponential_delay() {
    let settings = RetryPolicy::builder()
        .base_delay(ms(100))
        .max_delay(SECOND)
        .jitter(Jitter::Proportional(0.2));
    // In the published scenario, jitter can lengthen a capped delay by a fifth. In this library, a
    // jittered delay never exceeds the cap (R3).
    for (k, nominal) in (1..).zip([100, 200, 400, 800, 1_000, 1_000]) {
        let longest = (nominal * 12 / 10).min(1_000);
        let bounds = built(&settings).delay_bounds(k);
        assert_eq!(bounds, ms(nominal * 8 / 10)..=ms(longest));
        for seed in 0..1_000 {
            let drawn = delays(&settings.clone().seed(seed), k).pop();
            assert!(drawn.is_some_and(|delay| bounds.contains(&delay)));
        }
    }
}

#[test]
fn row_w33_fibonacci_begins_with_two_of_the_base() {
    let settings = exact().backoff(Backoff::Fibonacci).base_delay(SECOND);
    let secs = [1, 1, 2, 3, 5].map(Duration::from_secs);
    assert_eq!(delays(&settings, 5), secs);
}
