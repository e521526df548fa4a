//! Rule B19: overdue calls of a closed or observe-only breaker.

use std::time::Duration;

use resilient::breaker::{CircuitState, Permit, TransitionReason};
use resilient::events::EventKind;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use super::support::{JUST_BELOW, LIMIT, NANO, TOLERANCE, acquire, hang, overdue};
use crate::support::slow_calls::settings;
use resilient_testkit::{
    calls, closed, last_reason, rejection, secs, succeed, take, while_unwinding, window,
};

#[test]
fn b19_hung_calls_open_the_circuit_at_the_next_admission() {
    let (breaker, clock) = closed(&settings().window(100).min_calls(10));
    let _hung = hang(&breaker, &clock, 402);
    assert_eq!(breaker.state(), CircuitState::Closed, "no call has tested the condition");
    rejection(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(last_reason(&breaker), TransitionReason::SlowCallRate);
    let then = breaker.snapshot().last_opening.unwrap();
    assert_eq!((then.calls, then.slow, then.overdue), (0, 0, 402));
    assert_eq!(then.slow_call_rate(), Some(1.0));
}

#[test]
fn b19_hung_calls_open_the_circuit_at_the_next_report_of_any_outcome() {
    let ends: [fn(Permit<'_>); 5] = [
        |permit| permit.report(Outcome::Success),
        |permit| permit.report(Outcome::Failure),
        |permit| permit.report(Outcome::Ignored),
        |permit| drop(permit),
        |permit| while_unwinding(permit),
    ];
    for end in ends {
        let (breaker, clock) = closed(&settings().window(10).min_calls(2));
        let _hung = [acquire(&breaker), acquire(&breaker)];
        clock.advance(secs(1));
        let fast = acquire(&breaker);
        clock.advance(secs(1) + TOLERANCE);
        end(fast);
        assert_eq!(breaker.state(), CircuitState::Open);
        assert_eq!(last_reason(&breaker), TransitionReason::SlowCallRate);
        let totals = breaker.snapshot().totals;
        assert_eq!(totals.late, 0, "the report came before the opening");
    }
}

#[test]
fn b19_a_call_is_overdue_from_slow_call_on_and_at_most_an_eighth_later() {
    // The tolerance is an eighth of `slow_call`, but at least 16 µs.
    for slow_call in [1, 17, 4_095, 131_071, 131_072, 131_073, 1_000_000, 2_000_000_000] {
        for begun in [0, 1, 2, 5, 16_383, 16_384, 65_535, 999_999_937] {
            let slow_call = Duration::from_nanos(slow_call);
            let config = settings().slow_call(slow_call).min_calls(1).slow_call_rate(1.0);
            let (breaker, clock) = closed(&config);
            clock.advance(Duration::from_nanos(begun));
            let _hung = acquire(&breaker);
            clock.advance(slow_call.saturating_sub(NANO));
            assert_eq!(overdue(&breaker), 0, "early: {slow_call:?} {begun}");
            drop(acquire(&breaker));
            clock.advance(NANO + (slow_call / 8).max(Duration::from_nanos(1 << 14)));
            assert_eq!(overdue(&breaker), 1, "{slow_call:?} {begun}");
            rejection(&breaker);
        }
    }
}

#[test]
fn b19_the_condition_counts_overdue_calls_as_slow_calls() {
    // One of three finished calls is slow, and one call is overdue. So two of four calls are slow.
    let (breaker, clock) = closed(&settings().window(10).min_calls(4));
    take(&breaker, &clock, LIMIT, Outcome::Success);
    calls(&breaker, "SS");
    let _hung = hang(&breaker, &clock, 1);
    rejection(&breaker);
    let then = breaker.snapshot().last_opening.unwrap();
    assert_eq!((then.calls, then.slow, then.overdue), (3, 1, 1));

    // One overdue call out of four calls is below the rate.
    let (breaker, clock) = closed(&settings().window(10).min_calls(4));
    calls(&breaker, "SSS");
    let _hung = hang(&breaker, &clock, 1);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
    let seen = breaker.snapshot().window.unwrap();
    assert_eq!((seen.calls, seen.slow, seen.overdue), (4, 0, 1));
    assert_eq!(seen.slow_call_rate(), Some(0.2));
}

#[test]
fn b19_a_success_that_reaches_min_calls_tests_the_overdue_calls_too() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(4));
    let _hung = hang(&breaker, &clock, 2);
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed, "three calls are too few");
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open, "2 of 4 calls are slow or overdue");
}

#[test]
fn b19_other_conditions_do_not_see_overdue_calls() {
    let config = settings().window(10).slow_call_rate(1.0).failure_rate(0.5).min_calls(4);
    let (breaker, clock) = closed(&config.failure_count(3).failure_threshold(9));
    let _hung = hang(&breaker, &clock, 3);
    calls(&breaker, "FSF");
    assert_eq!(breaker.state(), CircuitState::Closed, "two failures of three calls");
    succeed(&breaker);
    assert_eq!(last_reason(&breaker), TransitionReason::FailureRate);
}

#[test]
fn b19_a_call_that_ends_after_it_was_overdue_is_counted_once() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(10).slow_call_rate(1.0));
    let hung = hang(&breaker, &clock, 3);
    succeed(&breaker);
    assert_eq!(overdue(&breaker), 3);
    for (left, permit) in (0..3).rev().zip(hung) {
        permit.report(Outcome::Success);
        assert_eq!(overdue(&breaker), left);
    }
    assert_eq!(window(&breaker), (4, 0, 3));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.slow, totals.late), (4, 3, 0));
    assert_eq!(breaker.state(), CircuitState::Closed, "three of four");
}

#[test]
fn b19_a_call_that_reports_itself_after_it_was_overdue_is_not_late() {
    let (breaker, clock) = closed(&settings().min_calls(1));
    take(&breaker, &clock, secs(60), Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Open);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.success, snapshot.totals.slow, snapshot.totals.late), (1, 1, 0));
    let then = snapshot.last_opening.unwrap();
    assert_eq!((then.calls, then.slow, then.overdue), (1, 1, 0));
}

#[test]
fn b19_cancelled_ignored_and_panicked_calls_are_no_longer_overdue() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(10));
    let hung = hang(&breaker, &clock, 3);
    assert_eq!(overdue(&breaker), 3);
    let mut hung = hung.into_iter();
    drop(hung.next());
    hung.next().unwrap().report(Outcome::Ignored);
    while_unwinding(hung.next().unwrap());
    assert_eq!(overdue(&breaker), 0);
    assert_eq!(window(&breaker), (1, 1, 1));
}

#[test]
fn b19_a_forgotten_permit_is_overdue_until_the_next_transition() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(3));
    std::mem::forget(acquire(&breaker));
    clock.advance(secs(1_000_000));
    succeed(&breaker);
    assert_eq!(overdue(&breaker), 1);
    breaker.close();
    assert_eq!(overdue(&breaker), 0);
    clock.advance(secs(1_000_000));
    calls(&breaker, "SSSSSSSSS");
    assert_eq!(overdue(&breaker), 0);
}

#[test]
fn b19_a_snapshot_shows_overdue_calls_and_changes_nothing() {
    let (breaker, clock) = closed(&settings().min_calls(1));
    let _hung = hang(&breaker, &clock, 2);
    for _ in 0..3 {
        let seen = breaker.snapshot();
        assert_eq!((seen.in_flight, seen.overdue, seen.state), (2, 2, CircuitState::Closed));
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
    rejection(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b19_after_a_transition_no_older_call_is_overdue_or_changes_a_count() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(3));
    let old = hang(&breaker, &clock, 2);
    breaker.close();
    assert_eq!(overdue(&breaker), 0);
    let new = hang(&breaker, &clock, 2);
    assert_eq!(overdue(&breaker), 2);
    drop(old);
    assert_eq!((overdue(&breaker), breaker.snapshot().in_flight), (2, 2));
    drop(new);
    assert_eq!(overdue(&breaker), 0);
}

#[test]
fn b19_a_new_generation_at_the_same_instant_counts_only_its_own_calls() {
    let (breaker, clock) = closed(&settings().window(10).min_calls(9));
    let mut all = Vec::new();
    for _ in 0..40 {
        all.extend([acquire(&breaker), acquire(&breaker), acquire(&breaker)]);
        breaker.close();
    }
    let own = acquire(&breaker);
    drop(all.split_off(60));
    clock.advance(LIMIT + TOLERANCE);
    assert_eq!(overdue(&breaker), 1);
    drop(all);
    assert_eq!(overdue(&breaker), 1);
    drop(own);
    assert_eq!(overdue(&breaker), 0);
}

#[test]
fn b19_an_observed_breaker_reports_once_that_hung_calls_would_have_opened() {
    let (breaker, clock) = closed(&settings().min_calls(1));
    let mut events = breaker.subscribe(16);
    breaker.observe_only();
    let _hung = hang(&breaker, &clock, 2);
    (0..3).for_each(|_| drop(acquire(&breaker)));
    clock.advance(LIMIT);
    drop(acquire(&breaker));
    let kinds: Vec<_> =
        std::iter::from_fn(|| events.try_next()).map(|e| e.kind().clone()).collect();
    let would: Vec<_> = kinds
        .iter()
        .filter(|kind| match kind {
            EventKind::WouldOpen(opening) => {
                opening.condition().reason() == TransitionReason::SlowCallRate
            }
            _ => false,
        })
        .collect();
    assert_eq!(would.len(), 1, "{kinds:?}");
    assert_eq!(breaker.state(), CircuitState::ObserveOnly);
    assert_eq!(overdue(&breaker), 2);
}

#[test]
fn b19_a_disabled_breaker_watches_no_call() {
    let (breaker, clock) = closed(&settings().min_calls(1));
    breaker.disable();
    let hung = hang(&breaker, &clock, 2);
    assert_eq!(overdue(&breaker), 0);
    breaker.close();
    clock.advance(LIMIT);
    succeed(&breaker);
    drop(hung);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b19_without_slow_call_no_call_is_overdue() {
    let (breaker, clock) = closed(&BreakerConfig::builder());
    let _hung = hang(&breaker, &clock, 20);
    succeed(&breaker);
    let seen = breaker.snapshot();
    assert_eq!((seen.overdue, seen.in_flight, seen.state), (0, 20, CircuitState::Closed));
}

#[test]
fn b19_a_clock_set_back_makes_no_call_overdue_and_loses_no_end() {
    for back in [NANO, secs(1), secs(5), secs(1_000)] {
        let (breaker, clock) = closed(&settings().window(10).min_calls(10));
        clock.advance(secs(2_000));
        let early = acquire(&breaker);
        clock.set_back(back);
        let late = acquire(&breaker);
        clock.advance(JUST_BELOW);
        assert_eq!(overdue(&breaker), 0, "{back:?}");
        late.report(Outcome::Success);
        early.report(Outcome::Success);
        clock.advance(secs(5_000));
        assert_eq!(overdue(&breaker), 0, "{back:?}");
        let _hung = hang(&breaker, &clock, 1);
        assert_eq!(overdue(&breaker), 1, "{back:?}");
        succeed(&breaker);
    }
}

#[test]
fn b19_the_call_that_ends_a_state_set_by_hand_is_watched() {
    for set in [
        |breaker: &CircuitBreaker| breaker.disable_for(secs(20)),
        |breaker: &CircuitBreaker| breaker.observe_only_for(secs(20)),
        |breaker: &CircuitBreaker| breaker.force_open_for(secs(20)),
    ] {
        let (breaker, clock) = closed(&settings().window(10).min_calls(10));
        set(&breaker);
        clock.advance(secs(20));
        let _hung = hang(&breaker, &clock, 1);
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(overdue(&breaker), 1);
    }
}
