//! Rule B4: the circuit opens after consecutive failures.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, BreakerConfigBuilder, CircuitState, TransitionReason};
use resilient::events::EventKind;
use resilient::{BreakerConfig, CircuitBreaker, Registry, circuit_breaker};

use crate::support::clocks::{counting, reads_of};
use crate::support::conditions::{assert_opens_at_the_end_of, assert_stays_closed, settings};
use crate::support::registry::{change, live};
use resilient_testkit::{
    Heard, abandon, closed, due, fail, fragile, ignore, last_reason, rejection, secs, succeed,
};

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
    // A window without a rate or a failure count never opens the circuit, so the default threshold
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

/// Returns settings that open the circuit after three consecutive failures that last three seconds.
fn over_a_span() -> BreakerConfigBuilder {
    settings().failure_threshold(3).failure_span(secs(3))
}

#[track_caller]
fn assert_closed_with_streak(breaker: &CircuitBreaker, streak: u32) {
    let seen = breaker.snapshot();
    assert_eq!((seen.state, seen.consecutive_failures), (CircuitState::Closed, streak));
}

#[test]
fn b04_a_streak_opens_only_at_a_failure_that_ends_a_span_after_the_first_one() {
    let (breaker, clock) = closed(&over_a_span());
    clock.advance(secs(100));
    (0..20).for_each(|_| fail(&breaker));
    clock.advance(Duration::new(2, 999_999_999));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 21);
    clock.advance(Duration::from_nanos(1));
    assert_closed_with_streak(&breaker, 21);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureThreshold);
    assert_eq!(breaker.snapshot().last_opening.unwrap().consecutive_failures, 22);
}

#[test]
fn b04_after_the_span_a_streak_still_needs_as_many_failures_as_the_threshold() {
    let (breaker, clock) = closed(&over_a_span());
    fail(&breaker);
    clock.advance(secs(60));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 2);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_span_counts_from_the_end_of_a_call_and_not_from_its_start() {
    let (breaker, clock) = closed(&over_a_span());
    let calls: Vec<_> = (0..3).map(|_| breaker.try_acquire().unwrap()).collect();
    clock.advance(secs(60));
    // All three calls fail at the same time, so the streak has lasted for no time.
    for call in calls {
        call.report(resilient::Outcome::Failure);
    }
    assert_closed_with_streak(&breaker, 3);
}

#[test]
fn b04_a_success_ends_the_span_with_the_streak() {
    let (breaker, clock) = closed(&over_a_span());
    (0..5).for_each(|_| fail(&breaker));
    clock.advance(secs(2));
    succeed(&breaker);
    (0..5).for_each(|_| fail(&breaker));
    clock.advance(secs(2));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 6);
    clock.advance(secs(1));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_ignored_and_abandoned_calls_do_not_end_a_span_and_counted_abandoned_ones_can() {
    let (breaker, clock) = closed(&over_a_span());
    (0..3).for_each(|_| fail(&breaker));
    clock.advance(secs(3));
    ignore(&breaker);
    abandon(&breaker);
    assert_closed_with_streak(&breaker, 3);
    let (breaker, clock) = closed(&over_a_span().abandoned(AbandonedOutcome::Failure));
    (0..3).for_each(|_| abandon(&breaker));
    clock.advance(secs(3));
    abandon(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_an_observed_breaker_reports_only_after_the_span() {
    let would_open = |kind: &EventKind| matches!(kind, EventKind::WouldOpen(_));
    let (breaker, clock) = closed(&over_a_span());
    let heard = Heard::from(&breaker);
    breaker.observe_only();
    (0..9).for_each(|_| fail(&breaker));
    assert_eq!(heard.count(would_open), 0);
    clock.advance(secs(3));
    fail(&breaker);
    assert_eq!(heard.count(would_open), 1);
}

#[test]
fn b04_a_span_does_not_concern_probes() {
    let (breaker, _clock) = due(&over_a_span());
    fail(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::ProbeFailed);
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
}

#[test]
fn b04_other_conditions_do_not_wait_for_the_span() {
    for config in [
        over_a_span().window(9).failure_count(4),
        over_a_span().window(9).failure_rate(1.0).min_calls(4),
        over_a_span().window(secs(60)).failure_count(4),
    ] {
        let (breaker, _clock) = closed(&config);
        (0..3).for_each(|_| fail(&breaker));
        assert_closed_with_streak(&breaker, 3);
        fail(&breaker);
        assert_ne!(last_reason(&breaker), TransitionReason::FailureThreshold);
    }
}

#[test]
fn b04_a_success_that_a_window_defers_ends_the_span() {
    let (breaker, clock) = closed(&over_a_span().window(100).failure_rate(1.0).min_calls(1));
    (0..4).for_each(|_| succeed(&breaker));
    (0..3).for_each(|_| fail(&breaker));
    succeed(&breaker);
    clock.advance(secs(3));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 1);
}

#[test]
fn b16_after_a_clock_was_set_back_a_span_counts_from_the_new_time() {
    let (breaker, clock) = closed(&over_a_span());
    clock.advance(secs(1_000));
    (0..3).for_each(|_| fail(&breaker));
    clock.set_back(secs(900));
    fail(&breaker);
    clock.advance(secs(2));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 5);
    clock.advance(secs(1));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_a_new_span_applies_to_the_present_streak_at_once() {
    let (registry, breaker, clock) = live(&over_a_span());
    (0..3).for_each(|_| fail(&breaker));
    clock.advance(secs(1));
    change(&registry, BreakerConfig::builder().failure_span(secs(1)));
    assert_closed_with_streak(&breaker, 3);
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);

    let (registry, breaker, _clock) = live(&over_a_span());
    (0..3).for_each(|_| fail(&breaker));
    change(&registry, BreakerConfig::builder().failure_span(Duration::ZERO));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open, "zero is no span");
}

#[test]
fn b04_a_span_that_is_set_during_a_streak_counts_from_the_next_failure() {
    let (registry, breaker, clock) = live(&settings().failure_threshold(3));
    (0..2).for_each(|_| fail(&breaker));
    clock.advance(secs(60));
    change(&registry, BreakerConfig::builder().failure_span(secs(3)));
    fail(&breaker);
    assert_closed_with_streak(&breaker, 3);
    clock.advance(secs(3));
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b04_the_default_span_is_zero_and_the_longest_never_ends() {
    let explicit = BreakerConfig::builder().failure_span(Duration::ZERO).build().unwrap();
    assert_eq!(explicit, BreakerConfig::default());
    let (breaker, clock) = closed(&settings().failure_threshold(1).failure_span(Duration::MAX));
    for _ in 0..5 {
        fail(&breaker);
        clock.advance(Duration::MAX);
    }
    assert_closed_with_streak(&breaker, 5);
}

#[test]
fn b04_a_span_beside_a_rate_needs_a_threshold() {
    let rate = settings().window(9).failure_rate(0.5).failure_span(secs(3));
    let refused = rate.build().unwrap_err();
    assert_eq!(refused.field(), "failure_span");
    assert!(refused.to_string().contains("`failure_threshold`"), "{refused}");
    assert!(rate.failure_threshold(3).build().is_ok());
    assert!(settings().failure_span(secs(3)).build().is_ok(), "the default threshold applies");
}

#[test]
fn b04_a_span_reads_the_clock_at_failures_only() {
    let (breaker, reads) = counting(&over_a_span());
    let healthy = || (0..10).for_each(|_| succeed(&breaker));
    assert_eq!(reads_of(&reads, healthy), 0);
    assert_eq!(reads_of(&reads, || drop(breaker.try_acquire().map(std::mem::forget))), 0);
    assert_eq!(reads_of(&reads, || fail(&breaker)), 1);
    assert_eq!(reads_of(&reads, || std::mem::forget(breaker.try_acquire())), 0);
}

#[test]
fn b04_an_attribute_takes_a_span_as_a_literal_and_as_an_expression() {
    const SPAN: Duration = secs(3);

    #[circuit_breaker(name = "b04/literal", failure_threshold = 3, failure_span = "3s")]
    fn literal() -> Option<()> {
        None
    }

    #[circuit_breaker(name = "b04/expression", failure_threshold = 3, failure_span = SPAN)]
    fn expression() -> Option<()> {
        None
    }

    for (name, call) in
        [("b04/literal", literal as fn() -> Option<()>), ("b04/expression", expression)]
    {
        (0..4).for_each(|_| assert_eq!(call(), None));
        let breaker = Registry::global().get(name).unwrap();
        assert_closed_with_streak(&breaker, 4);
        assert_eq!(breaker.config(), {
            let config = BreakerConfig::builder().failure_threshold(3).failure_span(SPAN);
            config.build().unwrap()
        });
    }
}
