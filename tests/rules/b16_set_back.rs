//! Rule B16: a clock that is set back by a year holds up nothing for a year.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, ManualChange};
use resilient::time::{Clock, ManualClock};
use resilient::{CircuitBreaker, Outcome};

use crate::support::conditions::settings;
use resilient_testkit::{fail, fragile, rejection, secs, succeed, take, window};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Returns a breaker that was made when its clock had run for two years.
fn late_breaker(config: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    clock.advance(2 * YEAR);
    let config = config.build().unwrap();
    (CircuitBreaker::with_clock("dependency", config, clock.clone()), clock)
}

#[test]
fn b16_an_open_circuit_is_due_one_open_time_after_the_first_call() {
    let (breaker, clock) = late_breaker(&fragile());
    fail(&breaker);
    clock.set_back(YEAR);
    clock.advance(secs(500));
    assert_eq!(breaker.snapshot().retry_after, Some(secs(10)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    clock.advance(secs(4));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(6)));
    clock.advance(secs(6));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b16_reading_a_breaker_does_not_start_its_open_time_again() {
    let (breaker, clock) = late_breaker(&fragile());
    fail(&breaker);
    clock.set_back(YEAR);
    for _ in 0..3 {
        clock.advance(secs(9));
        let seen = breaker.snapshot();
        assert_eq!((breaker.state(), seen.state), (CircuitState::Open, CircuitState::Open));
        assert_eq!(seen.ends_in, Some(secs(10)));
    }
}

#[test]
fn b16_a_setback_within_the_open_time_prolongs_the_open_time_by_at_most_the_setback() {
    let (breaker, clock) = late_breaker(&fragile());
    fail(&breaker);
    clock.advance(secs(8));
    clock.set_back(secs(5));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(7)));
    clock.advance(secs(7));
    succeed(&breaker);
}

#[test]
fn b16_a_state_set_by_hand_ends_its_length_after_the_first_call() {
    for hold in [
        ManualChange::force_open_for(secs(60)),
        ManualChange::disable_for(secs(60)),
        ManualChange::observe_only_for(secs(60)),
    ] {
        let (breaker, clock) = late_breaker(&fragile());
        breaker.apply(&hold).unwrap();
        clock.set_back(YEAR);
        drop(breaker.try_acquire().map(std::mem::forget));
        clock.advance(secs(59));
        assert_ne!(breaker.state(), CircuitState::Closed, "{hold:?}");
        clock.advance(secs(1));
        assert_eq!(breaker.state(), CircuitState::Closed, "{hold:?}");
        succeed(&breaker);
    }
}

#[test]
fn b16_an_operation_by_hand_counts_from_the_new_time() {
    let (breaker, clock) = late_breaker(&fragile());
    fail(&breaker);
    clock.set_back(YEAR);
    breaker.trip_for(secs(5)).unwrap();
    clock.advance(secs(5));
    succeed(&breaker);
    breaker.disable_for(secs(60));
    clock.set_back(secs(100));
    breaker.disable_for(secs(5));
    clock.advance(secs(5));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b16_a_hung_probe_loses_its_slot_one_lease_after_the_next_call() {
    let (breaker, clock) = late_breaker(&fragile().probe_timeout(secs(5)));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let hung = breaker.try_acquire().unwrap();
    clock.set_back(YEAR);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(5)));
    clock.advance(secs(5));
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
    hung.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b16_a_window_of_time_is_empty_after_a_long_setback() {
    let (breaker, clock) = late_breaker(&settings().window(secs(60)).failure_count(3));
    (0..2).for_each(|_| fail(&breaker));
    clock.set_back(YEAR);
    succeed(&breaker);
    assert_eq!(window(&breaker), (3, 2, 0), "a success does not empty the window");
    fail(&breaker);
    assert_eq!(window(&breaker), (1, 1, 0));
    fail(&breaker);
    clock.advance(secs(60));
    fail(&breaker);
    assert_eq!(window(&breaker), (1, 1, 0), "the window slides at the new time");
    (0..2).for_each(|_| fail(&breaker));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b16_a_window_of_time_keeps_its_calls_longer_after_a_short_setback() {
    let (breaker, clock) = late_breaker(&settings().window(secs(60)).failure_count(9));
    fail(&breaker);
    clock.set_back(secs(60));
    fail(&breaker);
    assert_eq!(window(&breaker), (2, 2, 0));
    clock.advance(secs(119));
    assert_eq!(window(&breaker), (2, 2, 0));
    clock.advance(secs(1));
    assert_eq!(window(&breaker), (0, 0, 0));
    fail(&breaker);
    clock.set_back(secs(60) + Duration::from_nanos(1));
    fail(&breaker);
    assert_eq!(window(&breaker), (1, 1, 0));
}

#[test]
fn b16_a_slow_call_empties_a_window_after_a_long_setback() {
    let config = settings().window(secs(60)).slow_call(secs(1)).slow_call_rate(1.0).min_calls(9);
    let (breaker, clock) = late_breaker(&config);
    clock.advance(YEAR);
    (0..4).for_each(|_| take(&breaker, &clock, secs(1), Outcome::Success));
    clock.set_back(YEAR / 2);
    take(&breaker, &clock, secs(1), Outcome::Success);
    assert_eq!(window(&breaker), (1, 0, 1));
}

#[test]
fn b16_if_the_clock_reads_a_time_before_the_breaker_was_made_only_probes_can_be_slow() {
    let config = settings().window(9).slow_call(secs(1)).slow_call_rate(1.0);
    let (breaker, clock) = late_breaker(&config);
    clock.set_back(YEAR);
    take(&breaker, &clock, secs(5), Outcome::Success);
    assert_eq!(breaker.snapshot().totals.slow, 0);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    take(&breaker, &clock, secs(5), Outcome::Success);
    assert_eq!((breaker.snapshot().totals.slow, breaker.state()), (1, CircuitState::Open));
}

#[test]
fn b16_the_time_in_each_state_stands_still_until_the_former_reading() {
    let (breaker, clock) = late_breaker(&fragile());
    clock.advance(secs(100));
    fail(&breaker);
    clock.set_back(secs(50));
    assert!(breaker.try_acquire().is_err());
    clock.advance(secs(10));
    succeed(&breaker);
    clock.advance(secs(45));
    let seen = breaker.snapshot();
    assert_eq!(seen.time_in_state.closed, secs(105));
    assert_eq!(seen.at, clock.now());
}
