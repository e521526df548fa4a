//! Runs random sequences on the model and the breaker, and proves that the comparison finds each
//! deliberate mistake.

use std::cell::RefCell;
use std::collections::HashSet;

use proptest::collection::vec;
use proptest::strategy::Strategy;
use resilient::breaker::{CircuitState, TransitionReason};

use super::cases::{for_all, one_fails};
use super::model::Wrong;
use super::operation::Operation;
use super::run::compare;
use super::settings::Settings;
use super::strategies::{operation, settings};

fn sequences() -> impl Strategy<Value = (Settings, Vec<Operation>)> {
    (settings(), vec(operation(), 1..=80))
}

#[test]
fn breaker_and_model_agree_after_every_step() {
    for_all(4_000, sequences(), |(settings, operations)| {
        compare(&settings, &operations, None).map(drop)
    });
}

#[test]
fn every_wrong_model_is_detected() {
    for wrong in Wrong::ALL {
        let is_found = one_fails(2_000, sequences(), |(settings, operations)| {
            compare(&settings, &operations, Some(wrong)).map(drop)
        });
        assert!(is_found, "{wrong:?} looks right");
    }
}

#[test]
fn sequences_reach_every_state_for_every_reason() {
    let reached = RefCell::new(HashSet::new());
    let all_the_same = !one_fails(1_000, sequences(), |(settings, operations)| {
        let looks = compare(&settings, &operations, None)?;
        let steps = looks.recent.iter();
        reached.borrow_mut().extend(steps.map(|step| (step.to, step.reason)));
        Ok(())
    });
    assert!(all_the_same);

    let mut missed = vec![
        (CircuitState::Open, TransitionReason::FailureThreshold),
        (CircuitState::Open, TransitionReason::FailureCount),
        (CircuitState::Open, TransitionReason::FailureRate),
        (CircuitState::Open, TransitionReason::SlowCallRate),
        (CircuitState::Open, TransitionReason::ProbeFailed),
        (CircuitState::Open, TransitionReason::ProbeSlow),
        (CircuitState::HalfOpen, TransitionReason::RecoveryTime),
        (CircuitState::Closed, TransitionReason::ProbesSucceeded),
        (CircuitState::Closed, TransitionReason::ManualEnd),
        (CircuitState::Closed, TransitionReason::Override),
        (CircuitState::Closed, TransitionReason::OverrideEnd),
    ];
    missed.extend(CircuitState::ALL.map(|state| (state, TransitionReason::Manual)));
    missed.retain(|step| !reached.borrow().contains(step));
    assert!(missed.is_empty(), "{missed:?}");
}
