//! B12 and B13: what an operator sees, and that looking changes nothing.

use resilient::Outcome;
use resilient::breaker::CircuitState;
use resilient::breaker::{CallCounts, TransitionReason};

use crate::support::{
    Heard, abandon, closed, due, fail, fragile, ignore, panic_in_call, rejection, secs, succeed,
};

#[test]
fn b12_after_the_end_the_state_is_half_open_even_if_no_call_has_come() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(std::time::Duration::from_nanos(9_999_999_999));
    assert_eq!(
        (breaker.state(), breaker.snapshot().state),
        (CircuitState::Open, CircuitState::Open)
    );
    clock.advance(std::time::Duration::from_nanos(1));
    let snapshot = breaker.snapshot();
    assert_eq!(
        (breaker.state(), snapshot.state),
        (CircuitState::HalfOpen, CircuitState::HalfOpen)
    );
    assert_eq!(snapshot.retry_after, Some(secs(0)));
}

#[test]
fn b12_reading_changes_nothing_and_causes_no_event() {
    let (breaker, clock) = due(&fragile());
    let heard = Heard::from(&breaker);
    let before = breaker.snapshot();
    for _ in 0..100 {
        let _ = (
            breaker.state(),
            breaker.name(),
            breaker.config(),
            format!("{breaker:?}"),
        );
        assert_eq!(breaker.snapshot(), before);
    }
    clock.advance(secs(1_000));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(heard.events().len(), 0);
    assert_eq!(breaker.snapshot().recent, before.recent);
    assert_eq!(breaker.snapshot().transitions.half_opened, 0);
}

#[test]
fn b12_reading_a_due_breaker_does_not_use_up_its_probe() {
    let (breaker, _clock) = due(&fragile());
    for _ in 0..10 {
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn b12_the_state_is_half_open_while_a_probe_is_in_flight() {
    let (breaker, _clock) = due(&fragile());
    let _probe = breaker.try_acquire().unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().retry_after, Some(secs(30)));
}

#[test]
fn b12_a_due_breaker_is_half_open_since_the_end_of_its_recovery_time() {
    let (breaker, clock) = closed(&fragile());
    assert_eq!(breaker.snapshot().since, None);
    fail(&breaker);
    let opened = breaker.snapshot().since.unwrap();
    clock.advance(secs(60));
    assert_eq!(breaker.snapshot().since, Some(opened + secs(10)));
}

#[test]
fn b13_every_call_is_in_exactly_one_total() {
    let (breaker, clock) = closed(&fragile().failure_threshold(2));
    let late = breaker.try_acquire().unwrap();
    succeed(&breaker);
    succeed(&breaker);
    fail(&breaker);
    ignore(&breaker);
    ignore(&breaker);
    ignore(&breaker);
    abandon(&breaker);
    panic_in_call(&breaker);
    late.report(Outcome::Success);
    for _ in 0..4 {
        rejection(&breaker);
    }
    clock.advance(secs(10));
    succeed(&breaker);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.ignored), (3, 2, 3));
    assert_eq!((totals.abandoned, totals.late, totals.rejected), (1, 1, 4));
}

#[test]
fn b13_the_counts_of_the_present_state_start_anew_with_each_state_and_the_totals_do_not() {
    let (breaker, clock) = closed(&fragile().half_open_successes(2));
    succeed(&breaker);
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(breaker.snapshot().in_state, CallCounts::default());
    rejection(&breaker);
    assert_eq!(breaker.snapshot().in_state.rejected, 1);
    clock.advance(secs(10));
    succeed(&breaker);
    let in_state = breaker.snapshot().in_state;
    assert_eq!((in_state.success, in_state.rejected), (1, 0));
    succeed(&breaker);
    assert_eq!(breaker.snapshot().in_state, CallCounts::default());
    succeed(&breaker);
    assert_eq!(breaker.snapshot().in_state.success, 1);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.rejected), (5, 1, 1));
}

#[test]
fn b13_transitions_are_counted_by_kind() {
    let (breaker, clock) = closed(&fragile());
    for _ in 0..3 {
        fail(&breaker);
        clock.advance(secs(10));
        fail(&breaker);
        clock.advance(secs(10));
        succeed(&breaker);
    }
    breaker.force_open();
    breaker.disable();
    breaker.observe_only();
    let counts = breaker.snapshot().transitions;
    assert_eq!(
        (counts.closed, counts.opened, counts.half_opened),
        (3, 6, 6)
    );
    assert_eq!(
        (counts.forced_open, counts.disabled, counts.observe_only),
        (1, 1, 1)
    );
}

#[test]
fn b13_a_transition_is_on_record_with_instant_states_and_reason() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(secs(10));
    fail(&breaker);
    clock.advance(secs(10));
    succeed(&breaker);
    breaker.force_open();
    let recent = breaker.snapshot().recent;
    let start = recent[0].at;
    let rows: Vec<_> = recent
        .iter()
        .map(|step| {
            (
                step.at.duration_since(start).as_secs(),
                step.from,
                step.to,
                step.reason,
            )
        })
        .collect();
    let expected = [
        (
            0,
            CircuitState::Closed,
            CircuitState::Open,
            TransitionReason::FailureThreshold,
        ),
        (
            10,
            CircuitState::Open,
            CircuitState::HalfOpen,
            TransitionReason::RecoveryTime,
        ),
        (
            10,
            CircuitState::HalfOpen,
            CircuitState::Open,
            TransitionReason::ProbeFailed,
        ),
        (
            20,
            CircuitState::Open,
            CircuitState::HalfOpen,
            TransitionReason::RecoveryTime,
        ),
        (
            20,
            CircuitState::HalfOpen,
            CircuitState::Closed,
            TransitionReason::ProbesSucceeded,
        ),
        (
            20,
            CircuitState::Closed,
            CircuitState::ForcedOpen,
            TransitionReason::Manual,
        ),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn b13_the_last_32_transitions_are_kept() {
    let (breaker, clock) = closed(&fragile());
    let heard = Heard::from(&breaker);
    for _ in 0..50 {
        clock.advance(secs(1));
        breaker.trip().unwrap();
        clock.advance(secs(1));
        breaker.close();
        assert!(breaker.snapshot().recent.len() <= 32);
    }
    let told = heard.transitions();
    assert_eq!(told.len(), 100);
    assert_eq!(breaker.snapshot().recent, told[68..]);
}

#[test]
fn b13_the_totals_are_exact_at_rest_however_many_threads_counted() {
    const THREADS: u64 = 24;
    const CALLS: u64 = 2_000;
    let (breaker, _clock) = closed(&fragile().failure_threshold(u32::MAX));
    // All are alive once each has counted: more than there are counters of their own.
    let all_counted = std::sync::Barrier::new(24);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (breaker, all_counted) = (&breaker, &all_counted);
            scope.spawn(move || {
                succeed(breaker);
                all_counted.wait();
                for call in 0..CALLS {
                    match (thread + call) % 10 {
                        0 => fail(breaker),
                        1 => ignore(breaker),
                        2 => abandon(breaker),
                        _ => succeed(breaker),
                    }
                }
            });
        }
    });
    let (totals, tenth) = (breaker.snapshot().totals, THREADS * CALLS / 10);
    assert_eq!(
        (totals.failure, totals.ignored, totals.abandoned),
        (tenth, tenth, tenth)
    );
    assert_eq!(
        (totals.success, totals.late, totals.rejected),
        (7 * tenth + THREADS, 0, 0)
    );
}

#[test]
fn b13_the_totals_never_fall_while_threads_count() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(2));
    let monotonic = |a: &CallCounts, b: &CallCounts| {
        a.success <= b.success
            && a.failure <= b.failure
            && a.late <= b.late
            && a.rejected <= b.rejected
            && a.abandoned <= b.abandoned
    };
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let breaker = &breaker;
            scope.spawn(move || {
                for call in 0..5_000 {
                    let outcome = if (call + thread) % 7 == 0 {
                        Outcome::Failure
                    } else {
                        Outcome::Success
                    };
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report(outcome);
                    } else {
                        breaker.close();
                    }
                }
            });
        }
        let mut before = breaker.snapshot();
        for _ in 0..2_000 {
            let now = breaker.snapshot();
            assert!(monotonic(&before.totals, &now.totals), "{before:?} {now:?}");
            assert!(now.in_state.success <= now.totals.success);
            before = now;
        }
    });
    let totals = breaker.snapshot().totals;
    let calls = totals.success + totals.failure + totals.late + totals.rejected;
    assert_eq!(calls, 15_000);
}

#[test]
fn b13_a_snapshot_names_its_breaker_and_knows_the_streak() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(9));
    fail(&breaker);
    fail(&breaker);
    let snapshot = breaker.snapshot();
    assert_eq!(
        (snapshot.name.as_str(), snapshot.consecutive_failures),
        ("dependency", 2)
    );
    assert_eq!((snapshot.listener_panics, snapshot.lost_events), (0, 0));
}
