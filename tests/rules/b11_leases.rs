//! Rule B11: after the lease of a probe expires, another caller can take its slot.

use resilient::Outcome;
use resilient::breaker::{CircuitState, TransitionReason};

use crate::support::slow_calls::settings;
use resilient_testkit::{closed, due, fragile, last_reason, rejection, secs, succeed, take};

#[test]
fn b11_from_the_lease_end_on_another_caller_takes_the_slot() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(4));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    let heir = breaker.try_acquire().unwrap();
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    hung.report(Outcome::Failure);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.state, snapshot.totals.late), (CircuitState::HalfOpen, 1));
    heir.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b11_until_another_caller_takes_the_slot_a_slow_probe_still_counts() {
    for (outcome, state) in
        [(Outcome::Success, CircuitState::Closed), (Outcome::Failure, CircuitState::Open)]
    {
        let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
        let slow = breaker.try_acquire().unwrap();
        clock.advance(secs(1_000));
        slow.report(outcome);
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn b11_probes_that_all_hang_never_wedge_a_breaker() {
    let config = fragile().half_open_max_calls(2).half_open_successes(2).probe_timeout(secs(5));
    let (breaker, clock) = due(&config);
    for _ in 0..100 {
        std::mem::forget(breaker.try_acquire().unwrap());
        std::mem::forget(breaker.try_acquire().unwrap());
        rejection(&breaker);
        clock.advance(secs(5));
    }
    succeed(&breaker);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b11_a_lease_is_the_recovery_time_but_half_a_minute_at_least_and_ten_at_most() {
    for (recovery, lease) in [(0, 30), (10, 30), (45, 45), (600, 600), (10_000, 600)] {
        let (breaker, _clock) = closed(&fragile().recovery_time(secs(recovery)));
        breaker.force_open();
        breaker.half_open().unwrap();
        let _probe = breaker.try_acquire().unwrap();
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(lease)));
    }
}

#[test]
fn b11_each_probe_has_its_own_lease() {
    let config = fragile().half_open_max_calls(2).half_open_successes(2).probe_timeout(secs(5));
    let (breaker, clock) = due(&config);
    let first = breaker.try_acquire().unwrap();
    clock.advance(secs(3));
    let second = breaker.try_acquire().unwrap();
    clock.advance(secs(2));
    let heir = breaker.try_acquire().unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(3)));
    first.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().totals.late, 1);
    second.report(Outcome::Success);
    heir.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b11_an_overdue_probe_fails_before_its_lease_ends_and_a_rejection_waits_no_longer() {
    let (breaker, clock) = due(&settings().probe_timeout(secs(60)));
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(1));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    assert_eq!(rejection(&breaker).state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
    hung.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
}

#[test]
fn b11_a_lease_shorter_than_slow_call_ends_first() {
    let (breaker, clock) = due(&settings().probe_timeout(secs(1)));
    let hung = breaker.try_acquire().unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
    clock.advance(secs(1));
    let heir = breaker.try_acquire().unwrap();
    hung.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.late, 1);
    heir.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b11_a_probe_that_outlived_its_lease_still_counts_and_is_slow() {
    let (breaker, clock) = due(&settings().probe_timeout(secs(5)));
    take(&breaker, &clock, secs(50), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
}
