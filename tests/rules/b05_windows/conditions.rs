//! Rule B5: the failure count and the rates of a window open the circuit.

use resilient::Outcome;
use resilient::breaker::{AbandonedOutcome, CircuitState, TransitionReason};

use crate::support::conditions::{assert_opens_at_the_end_of, assert_stays_closed, settings};
use resilient_testkit::{calls, closed, fail, last_reason, rejection, secs, succeed, take, window};

#[test]
fn b05_as_many_failures_in_the_window_as_failure_count_open_the_circuit() {
    let config = settings().window(5).failure_count(3);
    assert_opens_at_the_end_of(&config, "FSFSF", TransitionReason::FailureCount);
    // The first failure leaves the window before the third failure is reported.
    assert_opens_at_the_end_of(&config, "FSSSFFSF", TransitionReason::FailureCount);
    assert_stays_closed(&config, &"FSSFS".repeat(20));
}

#[test]
fn b05_failure_count_needs_no_min_calls() {
    let config = settings().window(secs(60)).failure_count(1);
    assert_opens_at_the_end_of(&config, "F", TransitionReason::FailureCount);
    // `min_calls` applies to rates only, not to `failure_count`.
    let config = config.failure_rate(1.0).min_calls(50);
    assert_opens_at_the_end_of(&config, "F", TransitionReason::FailureCount);
    let config = settings().window(60).failure_count(2);
    assert_opens_at_the_end_of(&config, "SFSF", TransitionReason::FailureCount);
}

#[test]
fn b05_failures_that_left_a_window_of_time_do_not_count() {
    let (breaker, clock) = closed(&settings().window(secs(10)).failure_count(3));
    calls(&breaker, "FF");
    clock.advance(secs(10));
    calls(&breaker, "FF");
    assert_eq!(breaker.state(), CircuitState::Closed);
    clock.advance(secs(9));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureCount);
}

#[test]
fn b05_a_failure_rate_opens_from_min_calls_on() {
    let config = settings().window(100).failure_rate(0.5).min_calls(4);
    assert_opens_at_the_end_of(&config, "FFFF", TransitionReason::FailureRate);
    assert_opens_at_the_end_of(&config, "FFSS", TransitionReason::FailureRate);
    assert_opens_at_the_end_of(&config, "SSSFFF", TransitionReason::FailureRate);
    assert_stays_closed(&config, "FFF");
    assert_stays_closed(&config, "FSSSF");
}

#[test]
fn b05_min_calls_is_10_by_default() {
    for config in [settings().window(100), settings().window(secs(60))] {
        let config = config.failure_rate(0.1);
        assert_opens_at_the_end_of(&config, "FFFFFFFFFF", TransitionReason::FailureRate);
    }
}

#[test]
fn b05_min_calls_is_the_window_by_default_if_that_is_smaller() {
    let config = settings().window(3).failure_rate(1.0);
    assert_opens_at_the_end_of(&config, "FFF", TransitionReason::FailureRate);
    let config = settings().window(1).failure_rate(1.0);
    assert_opens_at_the_end_of(&config, "SSF", TransitionReason::FailureRate);
}

#[test]
fn b05_a_rate_is_tested_after_successes_as_well() {
    let config = settings().window(100).failure_rate(0.25).min_calls(4);
    assert_opens_at_the_end_of(&config, "FSSS", TransitionReason::FailureRate);
}

#[test]
fn b05_a_rate_is_not_tested_after_calls_that_do_not_count() {
    let (breaker, clock) = closed(&settings().window(secs(10)).failure_rate(0.5).min_calls(2));
    succeed(&breaker);
    clock.advance(secs(1));
    calls(&breaker, "SFF");
    assert_eq!(breaker.state(), CircuitState::Open, "two of four");

    // A success leaves the window, so the failure rate rises to 1. The breaker evaluates the rate
    // at the next counted call.
    breaker.close();
    calls(&breaker, "SSS");
    clock.advance(secs(1));
    calls(&breaker, "FF");
    clock.advance(secs(9));
    assert_eq!(window(&breaker), (2, 2, 0));
    calls(&breaker, "IX");
    assert_eq!(breaker.state(), CircuitState::Closed);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open, "two of three");
}

#[test]
fn b05_after_a_cancelled_call_that_counts_as_a_failure_the_conditions_are_tested() {
    let config = settings().abandoned(AbandonedOutcome::Failure);
    let config = config.window(9).failure_count(2);
    assert_opens_at_the_end_of(&config, "XSX", TransitionReason::FailureCount);
}

#[test]
fn b05_rates_are_inclusive_and_compared_as_quotients() {
    // In floating point, 0.07 * 100 is more than 7. So the breaker compares the quotient with the
    // rate, not the product with the failures.
    for (calls_of, failures) in [(100_u32, 7_u32), (100, 29), (100, 57), (10, 3), (3, 1), (7, 5)] {
        let rate = f64::from(failures) / f64::from(calls_of);
        let config = settings().window(calls_of).failure_rate(rate).min_calls(calls_of);
        let successes = "S".repeat((calls_of - failures) as usize);
        let ends = "F".repeat(failures as usize) + &successes;
        assert_opens_at_the_end_of(&config, &ends, TransitionReason::FailureRate);
        let ends = "F".repeat(failures as usize - 1) + "S" + &successes;
        assert_stays_closed(&config, &ends);
    }
}

#[test]
fn b05_a_rate_of_one_needs_only_failures() {
    let config = settings().window(4).failure_rate(1.0);
    assert_stays_closed(&config, &"FFFS".repeat(10));
    assert_opens_at_the_end_of(&config, "SFFFF", TransitionReason::FailureRate);
}

#[test]
fn b05_a_rate_in_a_window_of_time_is_that_of_the_calls_in_it() {
    let (breaker, clock) = closed(&settings().window(secs(10)).failure_rate(0.5).min_calls(4));
    calls(&breaker, &"S".repeat(50));
    clock.advance(secs(5));
    calls(&breaker, "FFFF");
    assert_eq!(breaker.state(), CircuitState::Closed, "4 of 54 calls failed");
    clock.advance(secs(5));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open, "5 of 5 calls failed");
}

#[test]
fn b05_of_several_conditions_the_first_that_is_met_opens() {
    let config =
        settings().failure_threshold(3).window(20).failure_count(4).failure_rate(0.5).min_calls(8);
    assert_opens_at_the_end_of(&config, "SSSSSSSFFF", TransitionReason::FailureThreshold);
    assert_opens_at_the_end_of(&config, "FFSFSF", TransitionReason::FailureCount);
    let config = config.failure_count(20);
    assert_opens_at_the_end_of(&config, "FFSFSFSS", TransitionReason::FailureRate);
}

#[test]
fn b05_if_one_call_meets_several_conditions_the_first_in_order_is_the_reason() {
    let slow_calls = settings().slow_call(secs(1)).slow_call_rate(0.5);
    let all =
        slow_calls.window(2).failure_threshold(2).failure_count(2).failure_rate(1.0).min_calls(2);
    let without_streak = all.clone().failure_threshold(3);
    let rates = settings().slow_call(secs(1)).slow_call_rate(0.5).window(2).failure_rate(1.0);
    let slow = rates.clone().failure_rate(0.9);
    let cases = [
        (all, "FF", TransitionReason::FailureThreshold),
        (without_streak, "FF", TransitionReason::FailureCount),
        (rates, "FF", TransitionReason::FailureRate),
        (slow, "SF", TransitionReason::SlowCallRate),
    ];
    for (config, ends, reason) in cases {
        let (breaker, clock) = closed(&config);
        for end in ends.chars() {
            let end = if end == 'F' { Outcome::Failure } else { Outcome::Success };
            take(&breaker, &clock, secs(1), end);
        }
        assert_eq!(last_reason(&breaker), reason);
    }
}

#[test]
fn b05_the_window_of_the_last_opening_stays_on_record() {
    let (breaker, clock) = closed(&settings().window(5).failure_count(3));
    assert_eq!(breaker.snapshot().last_opening, None);
    calls(&breaker, "SFSFF");
    let last = || {
        let last = breaker.snapshot().last_opening.unwrap();
        (last.calls, last.failures, last.slow, last.consecutive_failures)
    };
    assert_eq!(last(), (5, 3, 0, 2));
    rejection(&breaker);
    clock.advance(secs(10));
    fail(&breaker);
    assert_eq!(last(), (5, 3, 0, 2), "a probe's failure has no window");
    clock.advance(secs(10));
    succeed(&breaker);
    calls(&breaker, "FS");
    assert_eq!(last(), (5, 3, 0, 2), "until the next opening");
    breaker.trip().unwrap();
    assert_eq!(last(), (5, 3, 0, 2), "no condition caused an opening by hand");
    breaker.close();
    calls(&breaker, "FFF");
    assert_eq!(last(), (3, 3, 0, 3));
}

#[test]
fn b05_the_last_opening_by_a_streak_without_a_window_has_no_calls() {
    let (breaker, _clock) = closed(&settings().failure_threshold(3));
    calls(&breaker, "SSFFF");
    let last = breaker.snapshot().last_opening.unwrap();
    assert_eq!((last.calls, last.failures, last.consecutive_failures), (0, 0, 3));
    assert_eq!(last.failure_rate(), None);
}
