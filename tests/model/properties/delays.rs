//! Properties of the delays of all retry policies (R2, R3).

use std::time::Duration;

use proptest::prelude::*;
use resilient::retries::{AttemptEnd, Backoff, Jitter, RetryDriver, RetryPolicyBuilder};
use resilient::{Classification, RetryPolicy};

use crate::cases::for_all;

/// Generates durations of every magnitude, from zero to `Duration::MAX`.
fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        4 => (0..=63_u32, any::<u64>())
            .prop_map(|(less, nanos)| Duration::from_nanos(nanos >> less)),
        2 => (0..=63_u32, any::<u64>(), 0..1_000_000_000_u32)
            .prop_map(|(less, secs, nanos)| Duration::new(secs >> less, nanos)),
    ]
}

fn any_factor() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(1.0),
        3 => Just(2.0),
        1 => Just(1.0 + f64::EPSILON),
        3 => 1.0..1.001_f64,
        4 => 1.0..4.0_f64,
        1 => 1.0..f64::MAX,
        1 => Just(f64::MAX),
    ]
}

/// Generates small and large numbers with equal probability.
fn any_number() -> impl Strategy<Value = u32> {
    prop_oneof![
        1 => Just(u32::MAX),
        9 => (0..32_u32, any::<u32>()).prop_map(|(less, number)| (number >> less).max(1)),
    ]
}

fn any_share() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0_f64, 0.0..1e-12_f64]
}

/// Generates policies whose delays grow and whose jitter varies each delay.
fn growing() -> impl Strategy<Value = RetryPolicyBuilder> {
    let jitter = prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        any_share().prop_map(Jitter::Proportional),
    ];
    (0..5, any_factor(), jitter).prop_map(|(backoff, factor, jitter)| {
        let settings = RetryPolicy::builder().jitter(jitter);
        match backoff {
            0 => settings.backoff(Backoff::Constant),
            1 => settings.backoff(Backoff::Linear),
            2 => settings.backoff(Backoff::Fibonacci),
            _ => settings.backoff_factor(factor),
        }
    })
}

/// Generates every kind of policy, with any base and any cap.
fn any_settings() -> impl Strategy<Value = RetryPolicyBuilder> {
    let of_any_kind = prop_oneof![
        5 => growing(),
        1 => Just(RetryPolicy::builder().jitter(Jitter::Decorrelated)),
        1 => Just(RetryPolicy::builder().jitter(Jitter::Smooth)),
        1 => growing()
            .prop_map(|settings| settings.backoff_factor(2.0).backoff(Backoff::Exponential)),
    ];
    (of_any_kind, any_duration(), any_duration(), any::<u64>()).prop_map(
        |(settings, one, other, seed)| {
            settings.base_delay(one.min(other)).max_delay(one.max(other)).seed(seed)
        },
    )
}

fn custom(k: u32) -> Option<Duration> {
    match k % 4 {
        0 => None,
        1 => Some(Duration::MAX),
        _ => Some(Duration::from_nanos(u64::from(k).pow(2) % 10_007)),
    }
}

fn built(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

/// Returns the sleeps of a call whose attempts all fail and take no time.
fn slept(policy: &RetryPolicy) -> Vec<Duration> {
    let mut retry = RetryDriver::start(policy);
    std::iter::from_fn(|| retry.after(AttemptEnd::Failed(Classification::transient()), None).ok())
        .collect()
}

/// Returns the sleeps that end before the limit. Assumes that attempts take no time and sleeps are
/// exact.
fn slept_within(policy: &RetryPolicy, limit: Duration) -> Vec<Duration> {
    let mut elapsed = Duration::ZERO;
    let begun = policy.delays().take_while(|delay| {
        let fits = elapsed.checked_add(*delay).is_some_and(|end| end < limit);
        elapsed = elapsed.saturating_add(*delay);
        fits
    });
    begun.collect()
}

/// Returns the number of attempts. There is no delay before the first attempt.
fn attempts_of(delays: &[Duration]) -> u32 {
    u32::try_from(delays.len()).expect("few") + 1
}

fn sum(delays: impl IntoIterator<Item = Duration>) -> Duration {
    delays.into_iter().fold(Duration::ZERO, Duration::saturating_add)
}

#[test]
fn r02_nominal_delays_never_shrink_and_never_exceed_the_cap() {
    for_all(10_000, (any_settings(), any_number()), |(settings, k)| {
        let policy = built(&settings);
        let (before, delay, after) = (
            policy.nominal_delay(k - 1),
            policy.nominal_delay(k),
            policy.nominal_delay(k.saturating_add(1)),
        );
        prop_assert!(before <= delay && delay <= after, "{:?} {:?}", delay, after);
        prop_assert!(after <= policy.nominal_delay(u32::MAX));
        Ok(())
    });
}

#[test]
fn r02_the_first_nominal_delay_is_the_base_and_retry_zero_counts_as_retry_one() {
    let cases = (any_settings(), any_duration());
    for_all(10_000, cases, |(settings, base)| {
        let settings = settings.base_delay(base).max_delay(Duration::MAX);
        let policy = built(&settings);
        prop_assert_eq!(policy.nominal_delay(1), base);
        prop_assert_eq!(policy.nominal_delay(0), base);
        prop_assert_eq!(policy.delay_bounds(0), policy.delay_bounds(1));
        Ok(())
    });
}

#[test]
fn r03_no_jitter_makes_a_delay_longer_than_the_cap() {
    let cases = (any_settings(), any_duration(), any_number(), 1..8_u32);
    for_all(10_000, cases, |(settings, cap, k, retries)| {
        let base = cap / 3;
        let settings = settings.base_delay(base).max_delay(cap);
        let policy = built(&settings.max_retries(retries));
        prop_assert!(policy.nominal_delay(k) <= cap);
        prop_assert!(*policy.delay_bounds(k).end() <= cap);
        for delay in policy.delays() {
            prop_assert!(delay <= cap, "{:?} beyond {:?}", delay, cap);
        }
        Ok(())
    });
}

#[test]
fn r03_every_delay_is_within_its_bounds_and_those_grow() {
    for_all(10_000, (any_settings(), 0..24_u32), |(settings, retries)| {
        let policy = built(&settings.max_retries(retries));
        let mut delays = policy.delays();
        prop_assert_eq!(delays.size_hint(), (retries as usize, Some(retries as usize)));
        for k in 1..=retries {
            let (bounds, next) = (policy.delay_bounds(k), policy.delay_bounds(k + 1));
            let delay = delays.next().expect("there is one for each retry");
            prop_assert!(bounds.contains(&delay), "{}: {:?} of {:?}", k, delay, bounds);
            prop_assert!(bounds.start() <= next.start() && bounds.end() <= next.end());
        }
        prop_assert_eq!((delays.next(), delays.next()), (None, None));
        Ok(())
    });
}

#[test]
fn r03_bounds_are_those_of_the_formula() {
    let near = |actual: Duration, expected: f64| {
        let error = (actual.as_secs_f64() - expected).abs();
        error <= expected * 1e-9 + 2e-9
    };
    let cases = (any_duration(), any_duration(), any_share(), any_number());
    for_all(10_000, cases, |(one, other, share, k)| {
        let (base, cap) = (one.min(other), one.max(other));
        let settings = RetryPolicy::builder().base_delay(base).max_delay(cap);
        let bounds = |jitter| built(&settings.clone().jitter(jitter)).delay_bounds(k);
        let delay = *bounds(Jitter::None).end();
        prop_assert_eq!(bounds(Jitter::None), delay..=delay);
        prop_assert_eq!(bounds(Jitter::Full), Duration::ZERO..=delay);
        prop_assert_eq!(bounds(Jitter::Equal), delay / 2..=delay);
        let (secs, longest) = (delay.as_secs_f64(), cap.as_secs_f64());
        let around = bounds(Jitter::Proportional(share));
        prop_assert!(near(*around.start(), secs * (1.0 - share)));
        prop_assert!(near(*around.end(), (secs * (1.0 + share)).min(longest)));
        let walk = bounds(Jitter::Decorrelated);
        let tripled = base.as_secs_f64() * 3_f64.powf(f64::from(k - 1));
        prop_assert_eq!(*walk.start(), base);
        prop_assert!(base.is_zero() || near(*walk.end(), tripled.min(longest)));
        Ok(())
    });
}

#[test]
fn r03_a_seed_repeats_for_any_policy() {
    for_all(10_000, any_settings(), |settings| {
        let policy = built(&settings.max_retries(8));
        let first: Vec<_> = policy.delays().collect();
        prop_assert_eq!(&policy.delays().collect::<Vec<_>>(), &first);
        prop_assert_eq!(policy.clone().delays().collect::<Vec<_>>(), first);
        Ok(())
    });
}

#[test]
fn r03_delays_are_what_the_driver_sleeps() {
    let cases = (any_settings(), 0..16_u32, any::<bool>());
    for_all(10_000, cases, |(settings, retries, own)| {
        let mut settings = settings.max_retries(retries);
        if own {
            settings = RetryPolicy::builder()
                .backoff(Backoff::Custom(custom))
                .max_retries(retries)
                .seed(u64::from(retries));
        }
        let policy = built(&settings);
        prop_assert_eq!(policy.delays().collect::<Vec<_>>(), slept(&policy));
        Ok(())
    });
}

#[test]
fn r05_no_call_exceeds_its_worst_case() {
    let limit =
        prop::option::of(any_duration().prop_map(|limit| limit.max(Duration::from_nanos(1))));
    let cases = (any_settings(), 0..40_u32, limit, any_duration());
    for_all(10_000, cases, |(settings, retries, limit, attempt)| {
        let mut settings = settings.max_retries(retries);
        if let Some(limit) = limit {
            settings = settings.max_elapsed(limit);
        }
        let policy = built(&settings);
        let worst = policy.worst_case();
        let delays = match limit {
            Some(limit) => slept_within(&policy, limit),
            None => policy.delays().collect(),
        };
        let (attempts, sleep) = (attempts_of(&delays), sum(delays));
        prop_assert!(attempts <= worst.attempts() && worst.attempts() <= retries + 1);
        prop_assert!(sleep <= worst.sleep());
        let whole = attempt.saturating_mul(worst.attempts()).saturating_add(worst.sleep());
        let call = worst.with_attempt_timeout(attempt);
        match limit {
            None => prop_assert_eq!(call, whole),
            Some(limit) => {
                prop_assert!(worst.sleep() <= limit);
                prop_assert_eq!(call, whole.min(limit.saturating_add(attempt)));
            }
        }
        Ok(())
    });
}

#[test]
fn r05_the_worst_case_is_the_sum_of_the_longest_delays() {
    for_all(10_000, (any_settings(), 0..100_u32), |(settings, retries)| {
        let policy = built(&settings.max_retries(retries));
        let longest = (1..=retries).map(|k| *policy.delay_bounds(k).end());
        prop_assert_eq!(policy.worst_case().sleep(), sum(longest));
        prop_assert_eq!(policy.worst_case().attempts(), retries + 1);
        Ok(())
    });
}

#[test]
fn r05_without_jitter_a_call_takes_exactly_its_worst_case_within_a_limit() {
    let cases = (any_settings(), 0..60_u32, any_duration());
    for_all(10_000, cases, |(settings, retries, limit)| {
        let limit = limit.max(Duration::from_nanos(1));
        let settings = settings.jitter(Jitter::None).max_retries(retries);
        let policy = built(&settings.max_elapsed(limit));
        let delays = slept_within(&policy, limit);
        prop_assert_eq!(policy.worst_case().attempts(), attempts_of(&delays));
        prop_assert_eq!(policy.worst_case().sleep(), sum(delays));
        Ok(())
    });
}

#[test]
fn r05_the_worst_case_of_any_number_of_retries_is_computed_quickly() {
    let cases = (any_settings(), any_number());
    for_all(2_000, cases, |(settings, retries)| {
        let policy = built(&settings.max_retries(retries));
        let worst = policy.worst_case();
        let each = *policy.delay_bounds(retries).end();
        prop_assert_eq!(worst.attempts(), retries.saturating_add(1));
        prop_assert!(worst.sleep() <= each.saturating_mul(retries));
        prop_assert!(worst.sleep() >= each);
        Ok(())
    });
}
