//! Rule B9: a hint prolongs the open time.

use std::time::Duration;

use resilient::breaker::{CircuitState, KeyedBreakers, TransitionReason};
use resilient::time::ManualClock;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, Outcome, Registry,
    circuit_breaker,
};

use crate::support::conditions::settings;
use resilient_testkit::{closed, due, fail, fragile, last_reason, rejection, run, secs, take};

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

/// Makes a call whose output has the class `answered` and this hint.
fn answer(breaker: &CircuitBreaker, hint: Duration) {
    let class = |_: &Option<()>| Some(Classification::answered().after(hint));
    assert_eq!(run(breaker.call_with(class, async || Some(()))), Some(()));
}

#[test]
fn b09_the_hint_of_an_answered_error_that_completes_a_rate_prolongs_the_open_time() {
    for config in [
        settings().window(2).failure_rate(0.5),
        settings().window(100).failure_rate(0.5).min_calls(2),
        settings().window(secs(60)).failure_rate(0.5).min_calls(2),
    ] {
        let (breaker, _clock) = closed(&config);
        fail(&breaker);
        answer(&breaker, secs(120));
        assert_eq!(last_reason(&breaker), TransitionReason::FailureRate);
        assert_eq!(rejection(&breaker).retry_after(), Some(secs(120)));
    }
}

#[test]
fn b09_the_hint_of_a_slow_answered_error_prolongs_the_open_time() {
    let config = settings().window(2).slow_call(secs(1)).slow_call_rate(1.0);
    let (breaker, clock) = closed(&config);
    take(&breaker, &clock, secs(1), Outcome::Success);
    let slowly = async || {
        clock.advance(secs(1));
        Some(())
    };
    let class = |_: &Option<()>| Some(Classification::answered().after(secs(120)));
    assert_eq!(run(breaker.call_with(class, slowly)), Some(()));
    assert_eq!(last_reason(&breaker), TransitionReason::SlowCallRate);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(120)));
}

#[test]
fn b09_the_hint_of_a_slow_probe_that_succeeds_prolongs_the_open_time() {
    let config = settings().window(9).slow_call(secs(1)).slow_call_rate(1.0);
    let (breaker, clock) = due(&config);
    let probe = breaker.try_acquire().unwrap();
    clock.advance(secs(1));
    probe.report_after(Outcome::Success, secs(120));
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeSlow);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(120)));
}

#[test]
fn b09_a_success_with_a_hint_that_opens_nothing_is_counted_as_any_success() {
    let (breaker, _clock) = closed(&settings().window(4).failure_rate(0.5).failure_threshold(9));
    for _ in 0..6 {
        answer(&breaker, secs(120));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.success, 6);
    fail(&breaker);
    answer(&breaker, secs(120));
    assert_eq!(breaker.snapshot().consecutive_failures, 0, "a success ends the streak");
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)), "without the hint");
}

#[test]
fn b09_the_hint_of_an_answered_error_counts_for_the_breaker_of_a_key() {
    let clock = ManualClock::new();
    let config = settings().window(2).failure_rate(0.5).build().unwrap();
    let shards = KeyedBreakers::<u32>::with_clock("shards", config, clock);
    let shard = shards.get(&7);
    fail(&shard);
    answer(&shard, secs(120));
    assert_eq!(rejection(&shard).retry_after(), Some(secs(120)));
}

#[derive(Debug)]
enum Fault {
    Down,
    Busy,
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Down
    }
}

impl Classify for Fault {
    fn classify(&self) -> Classification {
        match self {
            Self::Down => Classification::transient(),
            Self::Busy => Classification::answered().after(secs(120)),
        }
    }
}

#[circuit_breaker(name = "b09/attribute", window = 2, failure_rate = 0.5, recovery_time = "10s")]
fn annotated(fault: Fault) -> Result<(), Fault> {
    Err(fault)
}

#[test]
fn b09_the_hint_of_an_answered_error_counts_for_an_annotated_function() {
    assert!(annotated(Fault::Down).is_err());
    assert!(annotated(Fault::Busy).is_err());
    let breaker = Registry::global().get("b09/attribute").unwrap();
    assert_eq!(breaker.snapshot().recent.last().unwrap().lasts, Some(secs(120)));
}
