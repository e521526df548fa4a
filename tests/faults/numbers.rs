//! Tests of the rows of table D about breakers: rejected settings and exact arithmetic.

use std::time::Duration;

use resilient::breaker::{
    BreakerConfigBuilder, CircuitState, KeyedBreakers, TransitionReason, Window,
};
use resilient::events::EventKind;
use resilient::{BreakerConfig, Outcome, Registry, circuit_breaker};

use crate::support::{on_clock, registered};
use resilient_testkit::{fail, fragile, run, succeed};

/// Asserts that the build rejects the settings. Returns the field and the message of the error.
#[track_caller]
fn refused(settings: &BreakerConfigBuilder) -> (&'static str, String) {
    let error = settings.build().expect_err("it must be refused");
    (error.field(), error.to_string())
}

fn windowed() -> BreakerConfigBuilder {
    BreakerConfig::builder().window(100)
}

#[test]
fn fm_d9_zero_is_refused_where_it_means_nothing() {
    let settings = BreakerConfig::builder();
    let rated = windowed().failure_rate(0.5);
    let slow = windowed().slow_call_rate(0.5);
    let timed = settings.clone().window(Duration::from_secs(60));
    for (field, zero) in [
        ("failure_threshold", settings.clone().failure_threshold(0)),
        ("window", settings.clone().window(0)),
        ("window", settings.clone().window(Window::Calls(0))),
        ("window", settings.clone().window(Duration::ZERO)),
        ("window_buckets", timed.window_buckets(0)),
        ("min_calls", rated.clone().min_calls(0)),
        ("failure_count", windowed().failure_count(0)),
        ("slow_call", slow.slow_call(Duration::ZERO)),
        ("half_open_successes", settings.clone().half_open_successes(0)),
        ("half_open_max_calls", settings.clone().half_open_max_calls(0)),
        ("probe_timeout", settings.clone().probe_timeout(Duration::ZERO)),
        ("max_keys", settings.clone().max_keys(0)),
    ] {
        let (named, text) = refused(&zero);
        assert_eq!(named, field);
        assert!(text.starts_with(&format!("`{field}` is 0")), "{text}");
    }
}

#[test]
fn fm_d9_a_zero_that_is_known_only_at_run_time_is_reported_and_the_default_applies() {
    fn zero() -> u32 {
        0
    }
    #[circuit_breaker(name = "zero", failure_threshold = zero(), half_open_successes = zero())]
    async fn call() -> Option<()> {
        None
    }
    let mut events = Registry::global().subscribe(100_000);
    run(call());
    let mut reported = Vec::new();
    while let Some(event) = events.try_next() {
        if let ("zero", EventKind::InvalidSetting(error)) = (event.name(), event.kind()) {
            reported.push(error.field());
        }
    }
    assert_eq!(reported, ["failure_threshold", "half_open_successes"]);
    (0..4).for_each(|_| _ = run(call()));
    assert_eq!(registered("zero").state(), CircuitState::Open);
}

#[test]
fn fm_d10_a_share_is_above_zero_and_at_most_one() {
    let wrong = [0.0, -0.0, -0.1, 1.000_000_1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for share in wrong {
        let (field, text) = refused(&windowed().failure_rate(share));
        assert_eq!(field, "failure_rate", "{text}");
        let slow = windowed().slow_call(Duration::from_secs(1));
        let (field, text) = refused(&slow.slow_call_rate(share));
        assert_eq!(field, "slow_call_rate", "{text}");
    }
    for factor in [0.999, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        let (field, _) = refused(&BreakerConfig::builder().recovery_factor(factor));
        assert_eq!(field, "recovery_factor");
    }
    for jitter in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let (field, _) = refused(&BreakerConfig::builder().recovery_jitter(jitter));
        assert_eq!(field, "recovery_jitter");
    }
    for share in [f64::MIN_POSITIVE, 0.5, 1.0] {
        windowed().failure_rate(share).build().unwrap();
    }
}

#[test]
fn fm_d10_a_rate_of_one_opens_at_a_hundred_of_a_hundred_and_not_before() {
    let (breaker, _clock) = on_clock(&windowed().failure_rate(1.0).min_calls(100));
    (0..99).for_each(|_| fail(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().recent[0].reason, TransitionReason::FailureRate);

    breaker.close();
    succeed(&breaker);
    (0..99).for_each(|_| fail(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed, "99 of 100 calls failed");
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open, "the success has left the window");
}

#[test]
fn fm_d10_the_smallest_rate_opens_at_the_first_failure() {
    let settings = windowed().failure_rate(f64::MIN_POSITIVE).min_calls(1);
    let (breaker, _clock) = on_clock(&settings);
    (0..500).for_each(|_| succeed(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn fm_d14_the_largest_settings_still_count() {
    let settings = BreakerConfig::builder()
        .failure_threshold(u32::MAX)
        .half_open_successes(u32::MAX)
        .half_open_failures(u32::MAX)
        .half_open_max_calls(1_024);
    let (breaker, _clock) = on_clock(&settings);
    for _ in 0..1_000 {
        fail(&breaker);
    }
    assert_eq!(breaker.snapshot().consecutive_failures, 1_000);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    for _ in 0..1_000 {
        fail(&breaker);
        succeed(&breaker);
    }
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn fm_d16_what_the_attribute_refuses_the_builder_refuses_in_the_same_words() {
    // The tests in `tests/ui` check that the attribute reports the same errors.
    assert_eq!(
        refused(&BreakerConfig::builder().failure_threshold(0)).1,
        "`failure_threshold` is 0: must be at least 1"
    );
    assert_eq!(
        refused(&windowed().failure_rate(1.5)).1,
        "`failure_rate` is 1.5: must be above 0 and at most 1"
    );
}

#[test]
fn fm_d17_a_permit_matches_no_later_generation() {
    let (breaker, _clock) = on_clock(&fragile());
    let old = breaker.try_acquire().unwrap();
    let older = breaker.try_acquire().unwrap();
    // A generation has 59 bits, so `close` cannot bring back an old generation. With 30 bits, a
    // generation would repeat after a billion calls of `close`.
    for _ in 0..100_000 {
        breaker.close();
    }
    old.report(Outcome::Failure);
    older.report(Outcome::Success);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.consecutive_failures), (CircuitState::Closed, 0));
    assert_eq!((snapshot.totals.late, snapshot.totals.success), (2, 0));
}

#[test]
fn fm_d9_keyed_breakers_keep_at_least_one_key() {
    let config = fragile().max_keys(1).build().unwrap();
    let breakers = KeyedBreakers::<u32>::new("keyed", config);
    (0..10).for_each(|key| succeed(&breakers.get(&key)));
    assert_eq!(breakers.len(), 1);
}
