//! Rule B3: an outcome from an older generation is late and changes nothing else.

use resilient::breaker::{CircuitState, Permit};
use resilient::{CircuitBreaker, Outcome};

use crate::support::conditions::settings;
use resilient_testkit::{
    closed, due, fail, fragile, rejection, secs, succeed, while_unwinding, window,
};

#[test]
fn b03_an_outcome_of_an_older_generation_is_in_no_window() {
    let (breaker, _clock) = closed(&settings().window(9).failure_count(2));
    let permits: Vec<_> = (0..5).map(|_| breaker.try_acquire().unwrap()).collect();
    breaker.close();
    for permit in permits {
        permit.report(Outcome::Failure);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(window(&breaker), (0, 0, 0));
    assert_eq!(breaker.snapshot().totals.late, 5);
}

type End = fn(Permit<'_>);

const ENDS: [End; 5] = [
    |permit| permit.report(Outcome::Success),
    |permit| permit.report_after(Outcome::Failure, secs(300)),
    |permit| permit.report(Outcome::Ignored),
    |permit| drop(permit),
    |permit| while_unwinding(permit),
];

/// Makes a call on a new breaker for each way to end a call. While the call is in flight,
/// `lead_away` ends the generation. Asserts that the end of the call then changes only the counts
/// of late calls and of calls in flight.
#[track_caller]
fn assert_moves_nothing(lead_away: fn(&CircuitBreaker)) {
    for end in ENDS {
        let (breaker, _clock) = closed(&fragile().failure_threshold(2));
        let permit = breaker.try_acquire().unwrap();
        lead_away(&breaker);
        let mut expected = breaker.snapshot();
        expected.totals.late += 1;
        expected.in_state.late += 1;
        expected.in_flight -= 1;
        end(permit);
        assert_eq!(breaker.snapshot(), expected);
    }
}

#[test]
fn b03_a_late_outcome_changes_nothing_while_open() {
    assert_moves_nothing(|breaker| breaker.trip().unwrap());
}

#[test]
fn b03_a_late_outcome_changes_nothing_while_half_open() {
    assert_moves_nothing(|breaker| {
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
    });
}

#[test]
fn b03_a_late_outcome_changes_nothing_while_forced_open() {
    assert_moves_nothing(CircuitBreaker::force_open);
}

#[test]
fn b03_a_late_outcome_changes_nothing_in_observe_only() {
    assert_moves_nothing(CircuitBreaker::observe_only);
}

#[test]
fn b03_a_late_outcome_changes_nothing_once_closed_again() {
    assert_moves_nothing(|breaker| {
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
        succeed(breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    });
}

#[test]
fn b03_a_late_outcome_does_not_change_the_streak_of_the_next_closed_state() {
    assert_moves_nothing(|breaker| {
        breaker.close();
        fail(breaker);
    });
}

#[test]
fn b03_no_late_success_closes_a_circuit() {
    let (breaker, clock) = closed(&fragile());
    let slow = breaker.try_acquire().unwrap();
    let slower = breaker.try_acquire().unwrap();
    fail(&breaker);
    slow.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(secs(10));
    let probe = breaker.try_acquire().unwrap();
    slower.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b03_no_late_failure_reopens_a_circuit_or_prolongs_an_outage() {
    let (breaker, clock) = closed(&fragile());
    let slow = breaker.try_acquire().unwrap();
    let slower = breaker.try_acquire().unwrap();
    fail(&breaker);
    clock.advance(secs(9));
    slow.report_after(Outcome::Failure, secs(300));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    slower.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b03_a_probe_of_an_earlier_round_is_late_in_the_next() {
    let config = fragile().half_open_max_calls(2).half_open_successes(2);
    let (breaker, clock) = due(&config);
    let (hung, failing) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
    failing.report(Outcome::Failure);
    clock.advance(secs(10));
    succeed(&breaker);
    hung.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().totals.late, 1);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b03_a_probe_in_flight_at_a_reset_is_late() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire().unwrap();
    breaker.close();
    probe.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b03_thousands_of_late_failures_do_not_keep_a_circuit_open() {
    let (breaker, clock) = closed(&fragile());
    let flood: Vec<_> = (0..5_000).map(|_| breaker.try_acquire().unwrap()).collect();
    fail(&breaker);
    clock.advance(secs(10));
    succeed(&breaker);
    for permit in flood {
        permit.report(Outcome::Failure);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.late, 5_000);
}
