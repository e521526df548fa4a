//! Compares the retry loops with a simple reference that was written from the rules. Each case has
//! random outcomes of attempts, settings, time limits, budget, circuit and time of cancellation.
//! The loop and the reference must end with the same result, at the same time, at the same cost.
//!
//! If several reasons to stop apply at once, the rules do not define which reason the loop reports,
//! so the test accepts each of these reasons. `PROPTEST_CASES` sets the number of cases.

mod plan;
mod reference;
mod subject;

use plan::{Plan, Way};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use reference::{Course, Ended, course_of};

/// Compares one call with the reference.
fn compare(plan: &Plan) -> Result<Course, TestCaseError> {
    let expected = course_of(plan);
    let real = subject::run(plan);
    prop_assert_eq!(&real.ended, &expected.ended, "how the call ended");
    prop_assert_eq!(&real.starts, &expected.starts, "when attempts started");
    prop_assert_eq!(real.made, expected.made, "attempts that were made and ended");
    prop_assert_eq!(real.tokens, expected.tokens, "tokens");
    prop_assert_eq!(&real.circuit, &expected.circuit, "what the circuit counted");
    prop_assert_eq!(&real.record, &expected.record, "the error of every attempt");
    if let Some(at) = real.at {
        prop_assert_eq!(at, expected.at, "when the call ended");
    }
    let Some(reason) = real.reason else {
        prop_assert!(expected.reasons.is_empty(), "{:?}", expected.reasons);
        return Ok(expected);
    };
    prop_assert!(
        expected.reasons.contains(&reason),
        "{reason} is not one of {:?}",
        expected.reasons
    );
    Ok(expected)
}

fn compare_many(way: Way) {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    let config = Config {
        cases: wanted.and_then(|it| it.parse().ok()).unwrap_or(2_500),
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&plan::plans(way), |plan| compare(&plan).map(drop));
    if let Err(counterexample) = result {
        panic!("{counterexample}");
    }
}

#[test]
fn a_call_of_a_policy_follows_the_rules() {
    compare_many(Way::Call);
}

#[test]
fn a_call_that_records_its_errors_follows_the_rules() {
    compare_many(Way::Recorded);
}

#[test]
fn an_annotated_function_follows_the_rules() {
    compare_many(Way::Annotated);
}

#[test]
fn an_annotated_function_that_records_its_errors_follows_the_rules() {
    compare_many(Way::AnnotatedRecorded);
}

#[test]
fn the_cases_reach_every_end_and_every_reason() {
    use resilient::retries::StopReason;
    use std::collections::HashSet;

    let mut runner = TestRunner::deterministic();
    let (mut reasons, mut ends) = (HashSet::new(), HashSet::new());
    for _ in 0..3_000 {
        let plan = plan::plans(Way::Call).new_tree(&mut runner).unwrap();
        let course = course_of(&plan.current());
        if let [reason] = course.reasons[..] {
            reasons.insert(reason);
        }
        ends.insert(match course.ended {
            Ended::Returned(Ok(())) if course.starts.len() == 1 => "success",
            Ended::Returned(Ok(())) => "success after retries",
            Ended::Returned(Err(_)) => "error",
            Ended::Cancelled => "cancelled",
            Ended::Panicked => "panicked",
        });
    }
    let of_timers = [
        StopReason::Exhausted,
        StopReason::NotRetryable,
        StopReason::Elapsed,
        StopReason::Deadline,
        StopReason::Budget,
        StopReason::CircuitOpen,
        StopReason::Hint,
        StopReason::Nested,
    ];
    assert_eq!(reasons, HashSet::from(of_timers));
    assert_eq!(ends.len(), 5, "{ends:?}");
}
