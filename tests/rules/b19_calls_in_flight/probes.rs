//! Rule B19: overdue probes.

use std::time::Duration;

use resilient::Outcome;
use resilient::breaker::{CircuitState, TransitionReason};

use crate::support::slow_calls::settings;
use resilient_testkit::{due, last_reason, rejection, secs};

const NANO: Duration = Duration::from_nanos(1);

#[test]
fn b19_an_overdue_probe_re_opens_the_circuit_at_the_next_admission() {
    let (breaker, clock) = due(&settings().recovery_factor(2.0));
    let hung = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_nanos(1_999_999_999));
    assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
    clock.advance(NANO);
    let seen = breaker.snapshot();
    assert_eq!((seen.overdue, seen.probes_in_flight), (1, 1), "a snapshot changes nothing");
    let open = rejection(&breaker);
    assert_eq!((open.state(), open.retry_after()), (CircuitState::Open, Some(secs(20))));
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
    hung.report(Outcome::Success);
    let seen = breaker.snapshot();
    assert_eq!((seen.totals.late, seen.totals.success, seen.in_flight), (1, 0, 0));
}

#[test]
fn b19_an_overdue_probe_that_is_tolerated_loses_its_slot_and_its_report_is_late() {
    let config = settings().half_open_max_calls(2).half_open_successes(2).half_open_failures(1);
    let (breaker, clock) = due(&config);
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    let second = breaker.try_acquire().unwrap();
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    hung.report(Outcome::Success);
    let seen = breaker.snapshot();
    assert_eq!((seen.state, seen.totals.late), (CircuitState::HalfOpen, 1));
    second.report(Outcome::Success);
    let third = breaker.try_acquire().unwrap();
    third.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b19_the_report_of_another_probe_finds_the_overdue_one() {
    let config = settings().half_open_max_calls(2).half_open_successes(2);
    for outcome in [Outcome::Success, Outcome::Ignored] {
        let (breaker, clock) = due(&config);
        let _hung = breaker.try_acquire().unwrap();
        clock.advance(secs(1));
        let fast = breaker.try_acquire().unwrap();
        clock.advance(secs(1));
        fast.report(outcome);
        assert_eq!(breaker.state(), CircuitState::Open);
        assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
        assert_eq!(breaker.snapshot().totals.late, 0);
    }
}

#[test]
fn b19_a_probe_that_reports_before_it_is_found_overdue_counts_as_usual() {
    let (breaker, clock) = due(&settings());
    let slow = breaker.try_acquire().unwrap();
    clock.advance(secs(60));
    slow.report(Outcome::Success);
    let seen = breaker.snapshot();
    assert_eq!((seen.totals.success, seen.totals.slow, seen.totals.late), (1, 1, 0));
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
}

#[test]
fn b19_probes_that_hang_while_nobody_calls_or_reports_change_nothing() {
    let (breaker, clock) = due(&settings());
    std::mem::forget(breaker.try_acquire().unwrap());
    clock.advance(secs(1_000));
    let seen = breaker.snapshot();
    assert_eq!((seen.state, seen.overdue), (CircuitState::HalfOpen, 1));
}

#[test]
fn b19_forgotten_probes_never_wedge_a_breaker() {
    let (breaker, clock) = due(&settings());
    for _ in 0..50 {
        std::mem::forget(breaker.try_acquire().unwrap());
        clock.advance(secs(2));
        rejection(&breaker);
        assert_eq!(breaker.state(), CircuitState::Open);
        clock.advance(secs(10));
    }
    breaker.try_acquire().unwrap().report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().in_flight, 50);
}
