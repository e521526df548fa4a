//! Each test proves that the breaker, or the model, no longer has a defect that the comparison once
//! found.

use std::time::Duration;

use resilient::breaker::{
    BreakerConfigBuilder, CircuitState, OperatorMode, TransitionReason, Window,
};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

use crate::operation::{Edge, Ending, Operation, Side, Span};
use crate::run::compare;
use crate::settings::Settings;

const SECOND: Duration = Duration::from_secs(1);

fn registered(settings: &BreakerConfigBuilder) -> (Registry, CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let config = settings.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    (registry, breaker, clock)
}

fn call(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.try_acquire().unwrap().report(outcome);
}

#[test]
fn g02_if_new_settings_fail_a_round_the_reason_is_its_failures_and_not_a_slow_call() {
    let (registry, breaker, _clock) = registered(&BreakerConfig::builder().half_open_failures(1));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    call(&breaker, Outcome::Failure);

    let intolerant = BreakerConfig::builder().half_open_failures(0);
    registry.override_breaker("dependency", BreakerOverride::from(intolerant)).unwrap();
    call(&breaker, Outcome::Success);

    assert_eq!(breaker.state(), CircuitState::Open);
    let recent = breaker.snapshot().recent;
    assert_eq!(recent.last().unwrap().reason, TransitionReason::ProbeFailed);
}

#[test]
fn g02_calls_that_left_a_window_of_time_do_not_return_with_a_longer_one() {
    let (registry, breaker, clock) = registered(&BreakerConfig::builder().window(SECOND));
    call(&breaker, Outcome::Failure);
    clock.advance(SECOND / 2);
    call(&breaker, Outcome::Failure);
    clock.advance(SECOND / 2);
    assert_eq!(breaker.snapshot().window.unwrap().calls, 1);

    let longer = BreakerConfig::builder().window(10 * SECOND);
    registry.override_breaker("dependency", BreakerOverride::from(longer)).unwrap();

    assert_eq!(breaker.snapshot().window.unwrap().calls, 1);
}

#[test]
fn g02_a_state_that_was_set_again_by_hand_outlives_an_override_to_that_state() {
    let (registry, breaker, _clock) = registered(&BreakerConfig::builder());
    let disabled = BreakerOverride::default().with_mode(OperatorMode::Disabled);
    registry.override_breaker("dependency", disabled).unwrap();
    breaker.close();
    breaker.disable();

    registry.clear_override("dependency").unwrap();

    assert_eq!(breaker.state(), CircuitState::Disabled);
}

/// The breaker was right: its slices of time begin a nanosecond before its first reading of the
/// clock, and the model had them begin at that reading.
#[test]
fn b19_a_call_that_begins_just_before_a_slice_is_overdue_within_the_tolerance() {
    let settings = Settings {
        window: Some(Window::Time(10 * SECOND)),
        window_buckets: Some(1),
        slow_call: Some(Duration::from_nanos(1)),
        slow_call_rate: Some(0.1),
        ..Settings::default()
    };
    let operations = [
        Operation::Advance(Span::Fixed(1_400 * SECOND)),
        Operation::Call(Ending::Success, Span::Until(Edge::Buckets(3), Side::JustBefore)),
        Operation::Admit(0),
        Operation::Advance(Span::Until(Edge::Slow, Side::Exactly)),
        Operation::Advance(Span::Fixed(Duration::from_nanos((1 << 14) - 1))),
        Operation::Advance(Span::Until(Edge::Slow, Side::Exactly)),
    ];
    for length in 1..=operations.len() {
        let view = compare(&settings, &operations[..length], None).unwrap();
        assert_eq!(view.overdue, u64::from(length >= 5), "after {length} operations");
    }
}
