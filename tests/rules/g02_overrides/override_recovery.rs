//! Rule G2: an override affects open breakers, half-open breakers and calls in flight.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState};
use resilient::{BreakerConfig, Outcome};

use crate::support::registry::{change, live};
use resilient_testkit::{abandon, fail, fragile, ignore, rejection, secs, succeed, take, window};

fn builder() -> BreakerConfigBuilder {
    BreakerConfig::builder()
}

#[test]
fn g02_a_new_recovery_time_moves_the_present_end_counted_from_the_opening() {
    let (registry, breaker, clock) = live(&fragile());
    fail(&breaker);
    clock.advance(secs(4));
    change(&registry, builder().recovery_time(secs(60)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(56)));
    assert_eq!(breaker.snapshot().recent[0].lasts, Some(secs(60)));
    change(&registry, builder().recovery_time(secs(5)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    // The new open time of three seconds is already over.
    change(&registry, builder().recovery_time(secs(3)));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    change(&registry, builder().recovery_time(Duration::MAX));
    assert_eq!(rejection(&breaker).retry_after(), None);
    clock.advance(secs(1_000_000));
    rejection(&breaker);
    registry.clear_override("dependency").unwrap();
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn g02_growth_jitter_and_hint_of_the_present_opening_are_computed_again() {
    let (registry, breaker, clock) = live(&fragile());
    fail(&breaker);
    clock.advance(secs(10));
    fail(&breaker);
    change(&registry, builder().recovery_factor(3.0));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(30)), "one re-opening");
    change(&registry, builder().recovery_factor(3.0).max_recovery_time(secs(20)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(20)));

    let (registry, breaker, _clock) = live(&fragile().max_recovery_time(secs(40)));
    breaker.try_acquire().unwrap().report_after(Outcome::Failure, secs(99));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(40)));
    change(&registry, builder().max_recovery_time(secs(50)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(50)));
    // The breaker draws the jitter once for each opening. If a setting changes the open time, the
    // jitter keeps its share of the open time.
    change(&registry, builder().recovery_jitter(1.0));
    let drawn = rejection(&breaker).retry_after();
    registry.clear_override("dependency").unwrap();
    change(&registry, builder().recovery_jitter(1.0));
    assert_eq!(rejection(&breaker).retry_after(), drawn);
    assert!((Some(secs(40))..=Some(secs(80))).contains(&drawn));
}

#[test]
fn g02_an_end_that_was_set_by_hand_stays() {
    let (registry, breaker, clock) = live(&fragile());
    breaker.trip_for(secs(100)).unwrap();
    change(&registry, builder().recovery_time(secs(1)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(100)));
    breaker.close();
    fail(&breaker);
    breaker.trip_for(secs(50)).unwrap();
    change(&registry, builder().recovery_time(secs(2)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(50)));
    clock.advance(secs(50));
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(2)), "the next opening");
}

#[test]
fn g02_settings_that_do_not_concern_the_end_do_not_move_it() {
    let (registry, breaker, clock) = live(&fragile().recovery_jitter(1.0));
    fail(&breaker);
    clock.advance(secs(2));
    let before = rejection(&breaker).retry_after();
    change(&registry, builder().failure_threshold(77).half_open_successes(5));
    assert_eq!(rejection(&breaker).retry_after(), before);
}

#[test]
fn g02_lowered_half_open_settings_never_wedge_a_breaker() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..300 {
        let code = fragile()
            .half_open_successes(4)
            .half_open_failures(4)
            .half_open_max_calls(8)
            .probe_timeout(secs(5));
        let (registry, breaker, clock) = live(&code);
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
        let mut in_flight = Vec::new();
        for _ in 0..random.usize(..8) {
            match random.u8(..4) {
                0 => in_flight.extend(breaker.try_acquire()),
                1 => breaker.try_acquire().into_iter().for_each(std::mem::forget),
                _ => {
                    let outcome = [Outcome::Success, Outcome::Failure][random.usize(..2)];
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report(outcome);
                    }
                }
            }
        }
        let new = builder()
            .half_open_successes(random.u32(1..4))
            .half_open_failures(random.u32(..4))
            .half_open_max_calls(1);
        change(&registry, new);
        if random.bool() {
            for permit in in_flight {
                permit.report(Outcome::Success);
            }
        } else {
            in_flight.into_iter().for_each(std::mem::forget);
        }
        // From now on, all calls succeed. The circuit closes after the leases of the lost probes
        // expire.
        for _ in 0..20 {
            clock.advance(secs(10));
            if let Ok(permit) = breaker.try_acquire() {
                permit.report(Outcome::Success);
            }
        }
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

#[test]
fn g02_raised_half_open_settings_admit_more_probes_at_once() {
    let (registry, breaker, _clock) = live(&fragile());
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let first = breaker.try_acquire().unwrap();
    rejection(&breaker);
    change(&registry, builder().half_open_successes(3).half_open_max_calls(2));
    let second = breaker.try_acquire().unwrap();
    rejection(&breaker);
    first.report(Outcome::Success);
    second.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn g02_a_new_probe_timeout_holds_for_probes_in_flight() {
    let (registry, breaker, clock) = live(&fragile().probe_timeout(secs(50)));
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(45)));
    change(&registry, builder().probe_timeout(secs(6)));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    succeed(&breaker);
    hung.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn g02_slow_calls_are_recognised_from_the_override_on() {
    let (registry, breaker, clock) = live(&builder().window(9).failure_count(9));
    let untimed = breaker.try_acquire().unwrap();
    change(&registry, builder().slow_call(secs(1)).slow_call_rate(1.0));
    clock.advance(secs(5));
    untimed.report(Outcome::Success);
    assert_eq!(window(&breaker), (1, 0, 0), "the start of this call was not recorded");
    take(&breaker, &clock, secs(1), Outcome::Success);
    assert_eq!(window(&breaker), (2, 0, 1));
    // This call begins while `slow_call` is set, so the breaker reads the clock at its start. A
    // value of `slow_call` that is set later can therefore apply to the call.
    let timed = breaker.try_acquire().unwrap();
    change(&registry, builder().slow_call(secs(5)).slow_call_rate(1.0));
    clock.advance(secs(4));
    timed.report(Outcome::Success);
    assert_eq!(window(&breaker), (3, 0, 1));
    let timed = breaker.try_acquire().unwrap();
    registry.clear_override("dependency").unwrap();
    clock.advance(secs(99));
    timed.report(Outcome::Success);
    assert_eq!(window(&breaker), (4, 0, 1));
}

#[test]
fn g02_the_outcome_of_a_cancelled_call_can_be_overridden() {
    let (registry, breaker, _clock) = live(&fragile());
    let in_flight = breaker.try_acquire().unwrap();
    abandon(&breaker);
    change(&registry, builder().abandoned(resilient::breaker::AbandonedOutcome::Failure));
    ignore(&breaker);
    drop(in_flight);
    assert_eq!(breaker.state(), CircuitState::Open);
}
