//! Rule B4: the circuit opens after consecutive failures.

use resilient::BreakerConfig;
use resilient::breaker::{CircuitState, TransitionReason};

use crate::support::conditions::{assert_opens_at_the_end_of, assert_stays_closed, settings};
use resilient_testkit::{abandon, closed, fail, fragile, ignore, secs, succeed};

#[test]
fn b04_the_default_threshold_is_off_if_another_condition_is_set() {
    let others = [
        settings().window(100).failure_rate(1.0).min_calls(100),
        settings().window(100).failure_count(100),
        settings().window(100).slow_call(secs(1)).slow_call_rate(1.0),
    ];
    for other in others {
        assert_stays_closed(&other, &"F".repeat(99));
    }
    // A window without a rate or a failure count opens no circuit, so the default threshold
    // applies.
    let config = settings().window(100);
    assert_opens_at_the_end_of(&config, "FFFFF", TransitionReason::FailureThreshold);
}

#[test]
fn b04_a_threshold_that_is_set_applies_beside_another_condition() {
    let config = settings().window(100).failure_count(50).failure_threshold(3);
    assert_opens_at_the_end_of(&config, "FFSFFSFFF", TransitionReason::FailureThreshold);
}

#[test]
fn b04_as_many_failures_in_a_row_as_the_threshold_open_the_circuit() {
    for threshold in [1, 2, 3, 100] {
        let (breaker, _clock) = closed(&fragile().failure_threshold(threshold));
        for _ in 1..threshold {
            fail(&breaker);
            assert_eq!(breaker.state(), CircuitState::Closed);
        }
        fail(&breaker);
        assert_eq!(breaker.state(), CircuitState::Open);
    }
}

#[test]
fn b04_the_default_threshold_is_five() {
    let (breaker, _clock) = closed(&BreakerConfig::builder());
    for _ in 0..4 {
        fail(&breaker);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_success_resets_the_streak() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    for _ in 0..1_000 {
        fail(&breaker);
        fail(&breaker);
        assert_eq!(breaker.snapshot().consecutive_failures, 2);
        succeed(&breaker);
        assert_eq!(breaker.snapshot().consecutive_failures, 0);
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b04_ignored_and_abandoned_calls_neither_end_nor_lengthen_a_streak() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(3));
    fail(&breaker);
    fail(&breaker);
    for _ in 0..10 {
        ignore(&breaker);
        abandon(&breaker);
    }
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 2)
    );
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_streak_does_not_expire() {
    let (breaker, clock) = closed(&fragile().failure_threshold(2));
    fail(&breaker);
    clock.advance(secs(1_000_000));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_new_closed_state_starts_with_no_streak() {
    let (breaker, clock) = closed(&fragile().failure_threshold(2));
    fail(&breaker);
    fail(&breaker);
    clock.advance(secs(10));
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 1)
    );
}

#[test]
fn b04_failures_of_many_threads_are_one_streak() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(4_000));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..999).for_each(|_| fail(&breaker)));
        }
    });
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 3_996)
    );
    (0..4).for_each(|_| fail(&breaker));
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_success_and_a_failure_that_meet_at_the_threshold_happen_in_some_order() {
    for _ in 0..500 {
        let (breaker, _clock) = closed(&fragile().failure_threshold(2));
        let (good, bad) = (breaker.try_acquire().unwrap(), breaker.try_acquire().unwrap());
        fail(&breaker);
        std::thread::scope(|scope| {
            scope.spawn(move || bad.report(resilient::Outcome::Failure));
            scope.spawn(move || good.report(resilient::Outcome::Success));
        });
        let snapshot = breaker.snapshot();
        let (late, success) = (snapshot.totals.late, snapshot.totals.success);
        match snapshot.state {
            // The failure came first, so the success was late.
            CircuitState::Open => assert_eq!((late, success), (1, 0)),
            // The success came first.
            CircuitState::Closed => {
                assert_eq!((late, success, snapshot.consecutive_failures), (0, 1, 1));
            }
            other => panic!("{other}"),
        }
    }
}
