//! Rule B9: a hint prolongs the open time.

use std::time::Duration;

use resilient::{BreakerConfig, Outcome};

use crate::support::conditions::settings;
use resilient_testkit::{closed, due, fail, fragile, rejection, secs};

#[test]
fn b09_a_hint_counts_whatever_condition_its_outcome_meets() {
    for config in [
        settings().window(4).failure_count(2),
        settings().window(4).failure_rate(0.5).min_calls(2),
        settings().window(secs(60)).failure_count(2),
    ] {
        let (breaker, _clock) = closed(&config);
        let hint = |seconds| {
            let permit = breaker.try_acquire().unwrap();
            permit.report_after(Outcome::Failure, secs(seconds));
        };
        hint(99);
        hint(77);
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(77)));
    }
}

#[test]
fn b09_a_hint_with_the_outcome_that_opens_prolongs_the_open_time_within_the_maximum() {
    for (hint, expected) in [(1, 10), (25, 25), (100_000, 600)] {
        let (breaker, _clock) = closed(&fragile());
        let permit = breaker.try_acquire().unwrap();
        permit.report_after(Outcome::Failure, secs(hint));
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(expected)));
    }
}

#[test]
fn b09_a_hint_with_the_outcome_that_reopens_counts_as_well() {
    let (breaker, _clock) = due(&fragile());
    let probe = breaker.try_acquire().unwrap();
    probe.report_after(Outcome::Failure, secs(77));
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(77)));
}

#[test]
fn b09_a_hint_with_any_other_outcome_has_no_effect() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    for outcome in [Outcome::Success, Outcome::Ignored, Outcome::Failure] {
        let permit = breaker.try_acquire().unwrap();
        permit.report_after(outcome, secs(77));
    }
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b09_the_default_maximum_bounds_a_hint() {
    let (breaker, _clock) = closed(&BreakerConfig::builder().failure_threshold(1));
    let permit = breaker.try_acquire().unwrap();
    permit.report_after(Outcome::Failure, Duration::MAX);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(600)));
}
