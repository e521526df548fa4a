//! Rule B19: a nested call uses the permit of the probe around it, so the breaker counts both as
//! one call in flight.

use resilient::Outcome;
use resilient::breaker::CircuitState;

use super::support::{LIMIT, acquire};
use crate::support::slow_calls::settings;
use resilient_testkit::{due, fragile};

#[test]
fn b19_a_call_that_uses_the_permit_of_a_probe_is_not_in_flight_beside_it() {
    let (breaker, _clock) = due(&fragile());
    let probe = acquire(&breaker);
    probe.scope(|| {
        let nested = acquire(&breaker);
        assert_eq!(breaker.snapshot().in_flight, 1);
        nested.report(Outcome::Success);
        drop(acquire(&breaker));
        std::mem::forget(acquire(&breaker));
        assert_eq!(breaker.snapshot().in_flight, 1);
    });
    probe.report(Outcome::Success);
    assert_eq!((breaker.snapshot().in_flight, breaker.state()), (0, CircuitState::Closed));
}

#[test]
fn b19_a_nested_call_that_ends_while_disabled_changes_no_count() {
    let (breaker, _clock) = due(&fragile());
    let probe = acquire(&breaker);
    let nested = probe.scope(|| acquire(&breaker));
    breaker.disable();
    nested.report(Outcome::Success);
    assert_eq!(breaker.snapshot().in_flight, 1);
    drop(probe);
    assert_eq!(breaker.snapshot().in_flight, 0);
}

#[test]
fn b19_a_call_inside_an_overdue_probe_finds_that_the_probe_has_failed() {
    let (breaker, clock) = due(&settings());
    let probe = acquire(&breaker);
    probe.scope(|| {
        clock.advance(LIMIT);
        assert!(breaker.try_acquire().is_err());
    });
    assert_eq!(breaker.state(), CircuitState::Open);
    probe.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
}
