//! Rule B20: the transition that opens a circuit shows the condition with its numbers, and the last
//! failure.

use resilient::breaker::{
    BreakerConfigBuilder, CircuitState, Condition, Opening, Transition, TransitionReason,
};
use resilient::events::EventKind;
use resilient::{BreakerConfig, CircuitBreaker, Classification, Outcome};

use super::fail_with;
use crate::support::slow_calls::settings as slow_settings;
use resilient_testkit::{calls, closed, due, fragile, secs, succeed, take};

fn settings() -> BreakerConfigBuilder {
    BreakerConfig::builder().recovery_time(secs(10))
}

/// Returns the last opening in the history. Asserts that it is the last transition.
fn opening(breaker: &CircuitBreaker) -> Opening {
    let snapshot = breaker.snapshot();
    let last = snapshot.recent.last().unwrap();
    assert_eq!(last.to, CircuitState::Open);
    let opening = last.opening.clone().expect("a condition opened the circuit");
    assert_eq!(opening.condition().reason(), last.reason);
    assert!(opening.condition().is_met());
    opening
}

#[test]
fn b20_each_condition_opens_with_its_numbers_and_the_last_failure() {
    let window = || settings().window(10).min_calls(4);
    for (config, ends, text) in [
        (settings().failure_threshold(3), "SFF", "3 consecutive failures"),
        (window().failure_rate(0.75).min_calls(4), "SFF", "3 of 4 calls failed, limit 75%"),
        (settings().window(10).failure_count(3), "SFSF", "3 failures in the last 10 calls"),
        (settings().window(secs(60)).failure_count(2), "F", "2 failures within 60s"),
    ] {
        let (breaker, _clock) = closed(&config);
        calls(&breaker, ends);
        assert_eq!(breaker.state(), CircuitState::Closed, "{text}");
        fail_with(&breaker, "connection refused");
        let opening = opening(&breaker);
        assert_eq!(opening.to_string(), format!("{text}; last failure: connection refused"));
        assert_eq!(opening.last_failure(), breaker.snapshot().last_failures.last());
    }
}

#[test]
fn b20_a_streak_that_must_last_says_how_long_it_lasted() {
    let (breaker, clock) = closed(&settings().failure_threshold(2).failure_span(secs(5)));
    calls(&breaker, "FFF");
    clock.advance(secs(6));
    calls(&breaker, "F");
    assert_eq!(opening(&breaker).to_string(), "4 consecutive failures over 6s");
}

#[test]
fn b20_slow_and_hung_calls_open_without_a_failure() {
    let (breaker, clock) = closed(&slow_settings().window(10).min_calls(2).slow_call_rate(0.5));
    take(&breaker, &clock, secs(2), Outcome::Success);
    let hung = breaker.try_acquire().unwrap();
    clock.advance(secs(3));
    drop(breaker.try_acquire());
    let opening = opening(&breaker);
    assert_eq!(opening.to_string(), "2 of 2 calls slow or hung, limit 50%");
    assert_eq!(opening.last_failure(), None);
    drop(hung);
}

#[test]
fn b20_an_opening_by_slow_calls_does_not_blame_an_old_failure() {
    let old = || {
        let (breaker, clock) = closed(&slow_settings());
        fail_with(&breaker, "hours ago");
        // The failure leaves the window of four calls.
        calls(&breaker, "SSSS");
        (breaker, clock)
    };
    let (breaker, clock) = old();
    take(&breaker, &clock, secs(3), Outcome::Success);
    take(&breaker, &clock, secs(3), Outcome::Success);
    assert_eq!(opening(&breaker).to_string(), "2 of 4 calls slow or hung, limit 50%");
    // A slow probe opens again, and the failure before the round says nothing about it.
    clock.advance(secs(10));
    take(&breaker, &clock, secs(3), Outcome::Success);
    assert_eq!(opening(&breaker).to_string(), "1 failed or slow probe");

    let (breaker, clock) = old();
    take(&breaker, &clock, secs(3), Outcome::Success);
    clock.advance(secs(3600));
    let permit = breaker.try_acquire().unwrap();
    clock.advance(secs(3));
    permit.report_class(Some(Classification::transient().with_text("gateway timeout")));
    let text = "2 of 4 calls slow or hung, limit 50%; last failure: gateway timeout";
    assert_eq!(opening(&breaker).to_string(), text);

    let (breaker, clock) = old();
    breaker.observe_only();
    let mut events = breaker.subscribe(8);
    take(&breaker, &clock, secs(3), Outcome::Success);
    for _ in 0..4 {
        take(&breaker, &clock, secs(3), Outcome::Success);
    }
    let event = events.try_next().unwrap();
    let EventKind::WouldOpen(opening) = event.kind() else { panic!("{event:?}") };
    assert_eq!(opening.last_failure(), None);
}

#[test]
fn b20_failed_and_slow_probes_open_again_with_their_number() {
    let (breaker, clock) = due(&fragile().half_open_failures(1).half_open_successes(2));
    fail_with(&breaker, "still down");
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    fail_with(&breaker, "down");
    assert_eq!(opening(&breaker).to_string(), "2 failed probes; last failure: down");
    clock.advance(secs(10));
    let (breaker, clock) = due(&slow_settings());
    take(&breaker, &clock, secs(9), Outcome::Success);
    assert_eq!(opening(&breaker).to_string(), "1 failed or slow probe");
    assert_eq!(breaker.snapshot().recent.last().unwrap().reason, TransitionReason::ProbeSlow);
}

#[test]
fn b20_a_change_by_hand_and_a_closing_have_no_opening() {
    let (breaker, clock) = closed(&fragile());
    breaker.trip().unwrap();
    clock.advance(secs(10));
    succeed(&breaker);
    breaker.force_open();
    let recent = breaker.snapshot().recent;
    assert_eq!(recent.len(), 4);
    assert!(recent.iter().all(|step| step.opening.is_none()), "{recent:?}");
}

#[test]
fn b20_the_event_of_an_opening_is_the_transition_in_the_history() {
    let (breaker, clock) = closed(&fragile());
    let mut events = breaker.subscribe(8);
    fail_with(&breaker, "first");
    clock.advance(secs(10));
    fail_with(&breaker, "second");
    let heard: Vec<Transition> = std::iter::from_fn(|| events.try_next())
        .filter_map(|event| match event.kind() {
            EventKind::Transition(step) => Some(step.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(heard, breaker.snapshot().recent);
    let texts: Vec<String> = heard.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "closed to open for 10s: 1 consecutive failure; last failure: first",
            "open to half_open: recovery time over",
            "half_open to open for 10s: 1 failed probe; last failure: second",
        ]
    );
}

#[test]
fn b20_the_history_keeps_the_opening_of_each_of_its_transitions() {
    let (breaker, clock) = closed(&fragile());
    for nth in 0..100 {
        fail_with(&breaker, &format!("failure {nth}"));
        clock.advance(secs(10));
    }
    let recent = breaker.snapshot().recent;
    let openings: Vec<String> = recent
        .iter()
        .filter_map(|step| step.opening.as_ref()?.last_failure()?.text())
        .map(ToString::to_string)
        .collect();
    let expected: Vec<String> = (84..100).map(|nth| format!("failure {nth}")).collect();
    assert_eq!((recent.len(), openings), (32, expected));
}

#[test]
fn b20_an_observing_breaker_reports_what_would_have_opened_it() {
    let (breaker, _clock) = closed(&settings().failure_threshold(2));
    breaker.observe_only();
    let mut events = breaker.subscribe(8);
    fail_with(&breaker, "one");
    fail_with(&breaker, "two");
    let event = events.try_next().unwrap();
    let EventKind::WouldOpen(opening) = event.kind() else { panic!("{event:?}") };
    assert_eq!(opening.to_string(), "2 consecutive failures; last failure: two");
    assert!(matches!(
        opening.condition(),
        Condition::ConsecutiveFailures { failures: 2, limit: 2, .. }
    ));
}
