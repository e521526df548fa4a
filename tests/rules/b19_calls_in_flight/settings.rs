//! Rule B19: overdue calls when the settings change.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, OperatorMode, TransitionReason};
use resilient::registry::BreakerOverride;
use resilient::{BreakerConfig, Outcome, Registry};

use super::support::{LIMIT, NANO, acquire, hang, overdue};
use crate::support::slow_calls::settings;
use resilient_testkit::{calls, closed, fail, last_reason, secs, succeed};

#[test]
fn b19_an_override_of_another_condition_waits_for_the_next_counted_call() {
    let config = settings().window(10).slow_call_rate(1.0).failure_rate(0.9).min_calls(2);
    let (breaker, clock) = closed(&config);
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    calls(&breaker, "SFSF");
    let _hung = hang(&breaker, &clock, 1);
    registry
        .override_breaker("dependency", BreakerOverride::from(config.failure_rate(0.5)))
        .unwrap();
    drop(acquire(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureRate);
}

fn untimed() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

#[test]
fn b19_calls_that_begin_after_a_new_slow_call_become_overdue_by_it() {
    for new in [secs(1), secs(3), secs(300), Duration::from_millis(1)] {
        let config = settings().window(10).min_calls(9);
        let (breaker, clock) = closed(&config);
        let registry = Registry::new();
        registry.register(&breaker).unwrap();
        let old = hang(&breaker, &clock, 2);
        succeed(&breaker);
        assert_eq!(overdue(&breaker), 2);
        let what = BreakerOverride::from(config.slow_call(new));
        registry.override_breaker("dependency", what).unwrap();
        assert_eq!(overdue(&breaker), 0, "calls in flight can no longer be overdue");
        let begun_after = acquire(&breaker);
        clock.advance(new.saturating_sub(NANO));
        assert_eq!(overdue(&breaker), 0);
        clock.advance(NANO + new / 8);
        assert_eq!(overdue(&breaker), 1);
        drop(old);
        assert_eq!(overdue(&breaker), 1, "the end of an old call changes no count");
        drop(begun_after);
        assert_eq!(overdue(&breaker), 0);
    }
}

#[test]
fn b19_slow_call_can_be_removed_and_set_again_while_calls_are_in_flight() {
    let (breaker, clock) = closed(&untimed().window(10).failure_rate(1.0).min_calls(9));
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    for _ in 0..40 {
        let timed = untimed().slow_call(LIMIT).slow_call_rate(1.0);
        let before = hang(&breaker, &clock, 1);
        registry.override_breaker("dependency", BreakerOverride::from(timed)).unwrap();
        let watched = hang(&breaker, &clock, 2);
        assert_eq!(overdue(&breaker), 2);
        registry.clear_override("dependency").unwrap();
        assert_eq!(overdue(&breaker), 0);
        let after = hang(&breaker, &clock, 1);
        drop((before, watched, after));
        assert_eq!(breaker.snapshot().in_flight, 0);
    }
}

#[test]
fn b19_after_the_mode_of_an_override_changes_the_state_no_older_call_is_overdue() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(9));
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    let hung = hang(&breaker, &clock, 2);
    let mut what = BreakerOverride::default();
    what.mode = Some(OperatorMode::ObserveOnly);
    registry.override_breaker("dependency", what).unwrap();
    assert_eq!(overdue(&breaker), 0);
    drop(hung);
    assert_eq!(overdue(&breaker), 0);
}

#[test]
fn b19_a_lowered_rate_holds_for_overdue_calls_at_the_next_admission() {
    let config = settings().window(10).min_calls(4);
    let (breaker, clock) = closed(&config);
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    calls(&breaker, "SSS");
    let _hung = hang(&breaker, &clock, 1);
    drop(acquire(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed, "1 of 4 calls is overdue");
    let lower = BreakerOverride::from(config.slow_call_rate(0.25));
    registry.override_breaker("dependency", lower).unwrap();
    assert!(breaker.try_acquire().is_err());
    assert_eq!(last_reason(&breaker), TransitionReason::SlowCallRate);
}

#[test]
fn b19_when_calls_leave_a_window_of_time_the_share_of_overdue_calls_grows() {
    let config = settings().window(secs(10)).min_calls(2);
    let (breaker, clock) = closed(&config);
    calls(&breaker, "SSSS");
    let _hung = hang(&breaker, &clock, 2);
    drop(acquire(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed, "two of six");
    clock.advance(Duration::from_nanos(7_749_999_999));
    drop(acquire(&breaker));
    assert_eq!(breaker.state(), CircuitState::Closed);
    clock.advance(NANO);
    assert!(breaker.try_acquire().is_err(), "two of two");
}

#[test]
fn b19_whether_a_call_is_slow_is_decided_by_the_setting_at_its_end() {
    for (new, is_slow) in [(secs(1), true), (secs(300), false)] {
        let config = settings().window(10).min_calls(9);
        let (breaker, clock) = closed(&config);
        let registry = Registry::new();
        registry.register(&breaker).unwrap();
        let begun_before = acquire(&breaker);
        clock.advance(secs(5));
        let what = BreakerOverride::from(config.slow_call(new));
        registry.override_breaker("dependency", what).unwrap();
        assert_eq!(overdue(&breaker), 0);
        begun_before.report(Outcome::Success);
        assert_eq!(breaker.snapshot().totals.slow, u64::from(is_slow), "{new:?}");
    }
}
