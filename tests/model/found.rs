//! Each test proves that the breaker no longer has a defect that the comparison once found.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, OperatorMode, TransitionReason};
use resilient::registry::BreakerOverride;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, Registry};

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
