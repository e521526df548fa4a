//! Tests of the rows of table D about retry delays: saturation, bounds, and timers.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use resilient::retries::{
    AttemptEnd, Backoff, Jitter, RetryDriver, RetryPolicyBuilder, StopReason,
};
use resilient::{Classification, RetryPolicy, retry};
use tokio::time::{Instant, timeout};

use crate::support::Fault;
use resilient_testkit::secs;

const DAY: Duration = secs(86_400);

fn built(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().jitter(Jitter::None)
}

fn unbounded() -> RetryPolicyBuilder {
    exact().max_delay(Duration::MAX)
}

const EVERY_JITTER: [Jitter; 8] = [
    Jitter::None,
    Jitter::Full,
    Jitter::Equal,
    Jitter::Proportional(0.0),
    Jitter::Proportional(0.3),
    Jitter::Proportional(1.0),
    Jitter::Decorrelated,
    Jitter::Smooth,
];

#[test]
fn fm_d1_two_to_the_64th_saturates_at_the_cap() {
    // At retry 65, the delay is 2^64 times the base. 2^64 is `u64::MAX` plus one.
    for base in [Duration::from_nanos(1), secs(1)] {
        for k in [64, 65, 66, 95, 96, 97, 1_000] {
            assert_eq!(built(&exact().base_delay(base)).nominal_delay(k), secs(10), "{base:?} {k}");
        }
    }
    let uncapped = built(&unbounded().base_delay(Duration::from_nanos(1)));
    assert_eq!(uncapped.nominal_delay(64), Duration::from_nanos(1 << 63));
    assert_eq!(uncapped.nominal_delay(65), Duration::new(18_446_744_073, 709_551_616));
    assert_eq!(uncapped.nominal_delay(95), Duration::MAX);
    let seconds = built(&unbounded().base_delay(secs(1)));
    assert_eq!(seconds.nominal_delay(64), secs(1 << 63));
    assert_eq!(seconds.nominal_delay(65), Duration::MAX);
}

#[test]
fn fm_d2_the_largest_retry_number_has_a_delay_at_once() {
    for backoff in [
        Backoff::Exponential,
        Backoff::Constant,
        Backoff::Linear,
        Backoff::Fibonacci,
        Backoff::Custom(|_| None),
    ] {
        let policy = built(&exact().backoff(backoff));
        let capped = if matches!(backoff, Backoff::Constant) {
            Duration::from_millis(100)
        } else {
            secs(10)
        };
        assert_eq!(policy.nominal_delay(u32::MAX), capped, "{backoff:?}");
    }
    let fibonacci = unbounded().backoff(Backoff::Fibonacci);
    let fibonacci = built(&fibonacci.base_delay(Duration::from_nanos(1)));
    let ninety_third = Duration::from_nanos(12_200_160_415_121_876_738);
    assert_eq!(fibonacci.nominal_delay(93), ninety_third);
    let ninety_second = fibonacci.nominal_delay(92);
    assert_eq!(fibonacci.nominal_delay(94), ninety_third + ninety_second, "beyond 64 bits");
    assert_eq!(fibonacci.nominal_delay(u32::MAX), Duration::MAX);
    let slow = unbounded().backoff_factor(1.0 + f64::EPSILON);
    let slow = built(&slow.base_delay(secs(1))).nominal_delay(u32::MAX);
    assert_eq!(slow, Duration::new(1, 954), "2^32 of 2^-52 are 954 ns");
    let policy = built(&exact().max_retries(u32::MAX));
    assert_eq!(policy.worst_case().attempts(), u32::MAX);
}

#[test]
fn fm_d3_an_infinite_delay_is_the_cap() {
    for k in [1_025, 1_101, u32::MAX] {
        for jitter in [Jitter::None, Jitter::Smooth] {
            let settings = RetryPolicy::builder().jitter(jitter).max_delay(DAY);
            let policy = built(&settings);
            assert_eq!(policy.delay_bounds(k), DAY..=DAY, "{jitter:?} {k}");
        }
        let settings = unbounded().backoff_factor(f64::MAX);
        assert_eq!(built(&settings).nominal_delay(k), Duration::MAX);
        // Zero times infinity is NaN, but the delay must be zero.
        let nothing = settings.base_delay(Duration::ZERO);
        assert_eq!(built(&nothing).nominal_delay(k), Duration::ZERO);
    }
    let settings = RetryPolicy::builder().jitter(Jitter::Smooth).seed(3);
    let late = built(&settings.max_retries(1_200)).delays().last();
    assert_eq!(late, Some(secs(10)));
}

#[test]
fn fm_d4_a_factor_below_one_or_not_finite_is_refused() {
    for factor in
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -2.0, -0.0, 0.0, 0.5, 1.0 - f64::EPSILON]
    {
        let error = exact().backoff_factor(factor).build().unwrap_err();
        assert_eq!(error.field(), "backoff_factor", "{factor}");
        assert!(error.to_string().contains("at least 1"), "{error}");
    }
    for factor in [1.0, f64::MAX] {
        built(&exact().backoff_factor(factor));
    }
}

#[test]
fn fm_d5_a_cap_below_the_base_is_refused() {
    let error = exact().base_delay(secs(2)).max_delay(secs(1)).build().unwrap_err();
    assert_eq!(error.field(), "max_delay");
    let error = exact().base_delay(secs(11)).build().unwrap_err();
    assert_eq!(error.field(), "base_delay", "the default cap is ten seconds");
    let same = built(&exact().base_delay(secs(2)).max_delay(secs(2)));
    assert_eq!(same.delays().collect::<Vec<_>>(), [secs(2); 3]);
}

#[test]
fn fm_d6_no_jitter_leaves_zero_and_the_cap() {
    // The model in `tests/model/properties/delays.rs` checks this property for all policies.
    for jitter in EVERY_JITTER {
        for seed in 0..200 {
            let settings = RetryPolicy::builder().jitter(jitter).seed(seed);
            let policy = built(&settings.max_delay(secs(1)).max_retries(12));
            let longest = policy.delays().max();
            assert!(longest <= Some(secs(1)), "{jitter:?}: {longest:?}");
        }
    }
}

#[test]
fn fm_d7_an_empty_range_yields_its_end() {
    for jitter in EVERY_JITTER {
        for base in [Duration::ZERO, Duration::from_nanos(1), secs(u64::MAX), Duration::MAX] {
            let settings = RetryPolicy::builder().jitter(jitter).seed(7);
            let policy = built(&settings.base_delay(base).max_delay(base));
            for (k, delay) in (1..).zip(policy.delays()) {
                assert!(policy.delay_bounds(k).contains(&delay), "{jitter:?} {base:?}");
                assert!(delay <= base);
            }
        }
    }
}

#[test]
fn fm_d8_one_seed_has_the_same_delays_and_two_have_others() {
    for jitter in [
        Jitter::Full,
        Jitter::Equal,
        Jitter::Proportional(0.3),
        Jitter::Decorrelated,
        Jitter::Smooth,
    ] {
        let of = |seed| -> Vec<_> {
            let settings = RetryPolicy::builder().jitter(jitter).seed(seed);
            built(&settings.max_retries(9)).delays().collect()
        };
        assert_eq!(of(8), of(8), "{jitter:?}");
        assert_ne!(of(8), of(9), "{jitter:?}");
    }
}

#[tokio::test]
async fn fm_d11_no_attempts_are_refused_and_one_is_a_call_without_a_retry() {
    let error = RetryPolicy::builder().max_attempts(0).build().unwrap_err();
    assert_eq!(error.field(), "max_attempts");
    assert!(error.to_string().contains("at least 1"), "{error}");
    let calls = Cell::new(0);
    let once = built(&RetryPolicy::builder().max_attempts(1));
    let result: Result<(), u32> = once
        .call()
        .run(|attempt| {
            calls.set(calls.get() + 1);
            async move { Err(attempt.number()) }
        })
        .await;
    assert_eq!((result, calls.get()), (Err(1), 1));
    assert_eq!(once.delays().next(), None);
    assert_eq!(once.worst_case().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn fm_d12_the_longest_delay_sleeps_for_ever_and_can_be_cancelled() {
    let attempts = Cell::new(0);
    let policy = built(&unbounded().base_delay(Duration::MAX));
    let call = policy.call().run(|_| {
        attempts.set(attempts.get() + 1);
        async { Err::<(), ()>(()) }
    });
    timeout(365 * DAY, call).await.unwrap_err();
    assert_eq!(attempts.get(), 1);
}

#[test]
fn fm_d12_the_longest_delay_within_a_limit_overflows_nothing() {
    let settings = unbounded().base_delay(Duration::MAX);
    let policy = built(&settings.clone().max_elapsed(Duration::MAX));
    let mut retry = RetryDriver::start(&policy);
    let next = retry.after(AttemptEnd::Failed(Classification::transient()), None);
    assert_eq!(next, Err(StopReason::Elapsed));
    let worst = policy.worst_case();
    assert_eq!((worst.attempts(), worst.sleep()), (1, Duration::ZERO));
    let worst = built(&settings).worst_case();
    assert_eq!(worst.with_attempt_timeout(Duration::MAX), Duration::MAX);
}

/// Returns the time from now to the last instant that the platform can represent.
fn longest() -> Duration {
    let now = Instant::now().into_std();
    let longest = (0..94).rev().fold(0_u128, |longest, bit| {
        let longer = longest | 1 << bit;
        let is_too_long = now.checked_add(of_nanos(longer)).is_none();
        if is_too_long { longest } else { longer }
    });
    of_nanos(longest)
}

fn of_nanos(nanos: u128) -> Duration {
    let secs = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::new(secs, u32::try_from(nanos % 1_000_000_000).unwrap())
}

#[tokio::test(start_paused = true)]
async fn fm_d12_a_limit_or_delay_that_ends_at_the_last_instant_does_not_panic() {
    async fn after_a_day() -> Result<(), Fault> {
        tokio::time::sleep(DAY).await;
        Ok(())
    }
    #[resilient::timeout(time)]
    async fn bounded(time: Duration) -> Result<(), Fault> {
        after_a_day().await
    }
    let policy = built(&exact().max_retries(0));
    for nanos in [0, 1, 999_998, 999_999, 1_000_000] {
        let nearly = || longest().saturating_sub(Duration::from_nanos(nanos));
        let call = policy.call().deadline(nearly());
        assert_eq!(call.run(|_| after_a_day()).await, Ok(()), "{nanos}");
        let call = policy.call().attempt_timeout(nearly());
        assert_eq!(call.run(|_| after_a_day()).await, Ok(()), "{nanos}");
        assert_eq!(bounded(nearly()).await, Ok(()), "{nanos}");

        let patient = built(&unbounded().base_delay(nearly()));
        let call = patient.call().run(async |_| Err::<(), ()>(()));
        timeout(DAY, call).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn fm_d13_a_call_stops_before_it_sleeps_past_its_limit_and_returns_the_last_error() {
    let start = Instant::now();
    // The delays are 100, 200 and 400 ms. The next delay would end after the limit of one second.
    let policy = built(&exact().max_retries(9).max_elapsed(secs(1)));
    let result: Result<(), u32> = policy.call().run(async |attempt| Err(attempt.number())).await;
    assert_eq!(result, Err(4));
    assert_eq!(start.elapsed(), Duration::from_millis(700));
}

/// Makes a call with three retries after this delay. Returns how long the call takes and how often
/// it is polled.
async fn three_retries_of(delay: Duration) -> (Duration, u32) {
    let settings = exact().backoff(Backoff::Constant).base_delay(delay);
    let policy = built(&settings);
    let start = Instant::now();
    let mut polls = 0;
    let mut call = pin!(policy.call().run(async |_| Err::<(), ()>(())));
    let _: Result<(), ()> = poll_fn(|context| {
        polls += 1;
        call.as_mut().poll(context)
    })
    .await;
    (start.elapsed(), polls)
}

#[tokio::test(start_paused = true)]
async fn fm_d15_delays_shorter_than_a_timers_millisecond_are_slept_and_not_spun() {
    for nanos in [1, 999, 1_000, 999_999] {
        let delay = Duration::from_nanos(nanos);
        let (elapsed, polls) = three_retries_of(delay).await;
        let granularity = Duration::from_millis(1);
        assert!(
            elapsed >= 3 * delay && elapsed <= 3 * (delay + granularity),
            "{delay:?}: {elapsed:?}"
        );
        // The call is polled once at the start and once for each timer that fires.
        assert!(polls <= 4, "{delay:?}: {polls}");
    }
    assert_eq!(three_retries_of(Duration::ZERO).await, (Duration::ZERO, 1));
}

#[test]
fn fm_d15_a_fraction_of_a_nanosecond_is_rounded_to_the_nearest() {
    let of = |nanos, jitter| {
        let settings = RetryPolicy::builder().jitter(jitter);
        built(&settings.base_delay(Duration::from_nanos(nanos))).delay_bounds(1)
    };
    let nanos = Duration::from_nanos;
    assert_eq!(of(1, Jitter::Equal), nanos(0)..=nanos(1));
    assert_eq!(of(1, Jitter::Proportional(0.4)), nanos(1)..=nanos(1));
    assert_eq!(of(1, Jitter::Proportional(0.6)), nanos(0)..=nanos(2));
    let growing = exact().base_delay(nanos(1)).backoff_factor(1.3);
    let growing: Vec<_> = built(&growing.max_retries(5)).delays().collect();
    assert_eq!(growing, [1, 1, 2, 2, 3].map(nanos), "of 1, 1.3, 1.69, 2.197, 2.86");
}

#[tokio::test(start_paused = true)]
async fn fm_d1_an_attribute_saturates_as_the_builder_does() {
    #[retry(max_retries = 70, base_delay = "1s", max_delay = "3s", jitter = none)]
    async fn call(calls: &Cell<u32>) -> Option<()> {
        calls.set(calls.get() + 1);
        None
    }
    let (calls, start) = (Cell::new(0), Instant::now());
    call(&calls).await;
    assert_eq!(calls.get(), 71);
    assert_eq!(start.elapsed(), secs(1 + 2 + 68 * 3));
}
