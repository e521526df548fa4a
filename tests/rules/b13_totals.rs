//! Rule B13: the breaker keeps totals, times in each state and transitions.

use std::time::Duration;

use resilient::breaker::{CallCounts, CircuitState, TransitionReason};
use resilient::{CircuitBreaker, Outcome};

use crate::support::slow_calls::settings;
use resilient_testkit::{
    Heard, abandon, calls, closed, fail, fragile, ignore, panic_in_call, rejection, secs, succeed,
    take, window,
};

#[test]
fn b13_slow_calls_are_counted_in_the_totals_and_since_the_state_began() {
    let (breaker, clock) = closed(&settings().window(100).min_calls(100));
    take(&breaker, &clock, secs(2), Outcome::Success);
    take(&breaker, &clock, secs(2), Outcome::Failure);
    calls(&breaker, "SSSF");
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.slow, snapshot.in_state.slow), (2, 2));
    breaker.close();
    take(&breaker, &clock, secs(2), Outcome::Success);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.slow, snapshot.in_state.slow), (3, 1));
    assert_eq!((snapshot.totals.success, snapshot.totals.failure), (5, 2));
}

#[test]
fn b13_nothing_is_slow_where_slow_calls_are_not_configured() {
    let (breaker, clock) = closed(&fragile().window(9).failure_threshold(9));
    take(&breaker, &clock, secs(1_000_000), Outcome::Success);
    assert_eq!(window(&breaker), (1, 0, 0));
    assert_eq!(breaker.snapshot().totals.slow, 0);
}

#[test]
fn b13_rejections_are_counted_by_the_state_that_rejected() {
    let (breaker, clock) = closed(&fragile());
    let reject = |times: usize| (0..times).for_each(|_| drop(rejection(&breaker)));
    fail(&breaker);
    reject(3);
    breaker.half_open().unwrap();
    let probe = breaker.try_acquire().unwrap();
    reject(2);
    drop(probe);
    breaker.force_open();
    reject(4);
    clock.advance(secs(1_000));
    reject(1);
    let snapshot = breaker.snapshot();
    let rejections = snapshot.rejections;
    assert_eq!((rejections.open, rejections.half_open, rejections.forced_open), (3, 2, 5));
    assert_eq!((snapshot.totals.rejected, snapshot.in_state.rejected), (10, 5));
    for state in CircuitState::ALL {
        let expected = match state {
            CircuitState::Open => 3,
            CircuitState::HalfOpen => 2,
            CircuitState::ForcedOpen => 5,
            _ => 0,
        };
        assert_eq!(rejections.of(state), expected);
    }
}

#[test]
fn b13_no_rejection_is_lost_when_many_threads_are_rejected_in_each_state() {
    let (breaker, _clock) = closed(&fragile());
    let reject = || {
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| (0..200).for_each(|_| drop(rejection(&breaker))));
            }
        });
    };
    breaker.trip().unwrap();
    reject();
    breaker.half_open().unwrap();
    let _probe = breaker.try_acquire().unwrap();
    reject();
    breaker.force_open();
    reject();
    let rejections = breaker.snapshot().rejections;
    let counts = [rejections.open, rejections.half_open, rejections.forced_open];
    assert_eq!(counts, [32 * 200; 3]);
}

/// Returns the seconds in each state, in the order of `CircuitState::ALL`.
fn seconds(breaker: &CircuitBreaker) -> [u64; 6] {
    let times = breaker.snapshot().time_in_state;
    CircuitState::ALL.map(|state| times.of(state).as_secs())
}

#[test]
fn b13_the_time_in_each_state_is_added_up() {
    let (breaker, clock) = closed(&fragile());
    assert_eq!(seconds(&breaker), [0; 6]);
    clock.advance(secs(3));
    assert_eq!(seconds(&breaker), [3, 0, 0, 0, 0, 0]);
    fail(&breaker);
    clock.advance(secs(4));
    assert_eq!(seconds(&breaker), [3, 4, 0, 0, 0, 0]);
    breaker.half_open().unwrap();
    clock.advance(secs(5));
    breaker.force_open();
    clock.advance(secs(6));
    breaker.disable();
    clock.advance(secs(7));
    breaker.observe_only();
    clock.advance(secs(8));
    breaker.close();
    clock.advance(secs(9));
    assert_eq!(seconds(&breaker), [12, 4, 5, 6, 7, 8]);
}

#[test]
fn b13_from_the_end_of_the_recovery_time_on_a_breaker_is_half_open_even_if_no_call_comes() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    clock.advance(secs(10));
    assert_eq!(seconds(&breaker), [0, 10, 0, 0, 0, 0]);
    clock.advance(secs(90));
    assert_eq!(seconds(&breaker), [0, 10, 90, 0, 0, 0]);
    let probe = breaker.try_acquire().unwrap();
    clock.advance(secs(5));
    assert_eq!(seconds(&breaker), [0, 10, 95, 0, 0, 0]);
    probe.report(resilient::Outcome::Failure);
    clock.advance(secs(12));
    assert_eq!(seconds(&breaker), [0, 20, 97, 0, 0, 0]);
    // The open time is over, so the circuit is half-open, although no call was admitted. From
    // `close` on, the time counts as closed.
    breaker.close();
    clock.advance(secs(1));
    assert_eq!(seconds(&breaker), [1, 20, 97, 0, 0, 0]);
}

#[test]
fn b13_the_times_add_up_to_the_age_of_the_breaker() {
    let (breaker, clock) = closed(&fragile().recovery_time(Duration::from_micros(700)));
    let mut random = fastrand::Rng::with_seed(13);
    let mut age = Duration::ZERO;
    for _ in 0..1_000 {
        match random.u8(..8) {
            0 => _ = breaker.trip(),
            1 => _ = breaker.half_open(),
            2 => breaker.force_open(),
            3 => breaker.disable(),
            4 => breaker.observe_only(),
            5 => breaker.close(),
            _ => _ = breaker.try_acquire().map(drop),
        }
        let pause = Duration::from_micros(random.u64(..1_000));
        clock.advance(pause);
        age += pause;
        let times = breaker.snapshot().time_in_state;
        let sum: Duration = CircuitState::ALL.into_iter().map(|state| times.of(state)).sum();
        assert_eq!(sum, age);
    }
}

#[test]
fn b13_reads_and_calls_that_change_no_state_add_no_time_twice() {
    let (breaker, clock) = closed(&fragile());
    for second in 1..=9 {
        clock.advance(secs(1));
        succeed(&breaker);
        assert_eq!(seconds(&breaker), [second, 0, 0, 0, 0, 0]);
        assert_eq!(seconds(&breaker), [second, 0, 0, 0, 0, 0]);
    }
    breaker.close();
    assert_eq!(seconds(&breaker), [9, 0, 0, 0, 0, 0]);
    breaker.trip().unwrap();
    clock.advance(secs(2));
    rejection(&breaker);
    assert_eq!(seconds(&breaker), [9, 2, 0, 0, 0, 0]);
}

#[test]
fn b13_a_clock_that_goes_back_reduces_no_time_in_a_state() {
    let (breaker, clock) = closed(&fragile());
    clock.advance(secs(20));
    breaker.force_open();
    clock.advance(secs(5));
    breaker.close();
    clock.set_back(secs(15));
    assert_eq!(seconds(&breaker), [20, 0, 0, 5, 0, 0]);
    clock.advance(secs(15));
    assert_eq!(seconds(&breaker), [20, 0, 0, 5, 0, 0]);
    clock.advance(secs(1));
    assert_eq!(seconds(&breaker), [21, 0, 0, 5, 0, 0]);
}

#[test]
fn b13_each_time_belongs_to_its_state() {
    let (breaker, clock) = closed(&fragile());
    breaker.force_open();
    clock.advance(secs(2));
    let times = breaker.snapshot().time_in_state;
    assert_eq!(times.forced_open, secs(2));
    assert_eq!(times.of(CircuitState::ForcedOpen), secs(2));
    assert_eq!(times.closed + times.open + times.half_open, secs(0));
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
fn b13_the_counts_of_the_present_state_restart_with_each_state_and_the_totals_do_not() {
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
    assert_eq!((counts.closed, counts.opened, counts.half_opened), (3, 6, 6));
    assert_eq!((counts.forced_open, counts.disabled, counts.observe_only), (1, 1, 1));
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
        .map(|step| (step.at.duration_since(start).as_secs(), step.from, step.to, step.reason))
        .collect();
    let expected = [
        (0, CircuitState::Closed, CircuitState::Open, TransitionReason::FailureThreshold),
        (10, CircuitState::Open, CircuitState::HalfOpen, TransitionReason::RecoveryTime),
        (10, CircuitState::HalfOpen, CircuitState::Open, TransitionReason::ProbeFailed),
        (20, CircuitState::Open, CircuitState::HalfOpen, TransitionReason::RecoveryTime),
        (20, CircuitState::HalfOpen, CircuitState::Closed, TransitionReason::ProbesSucceeded),
        (20, CircuitState::Closed, CircuitState::ForcedOpen, TransitionReason::Manual),
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
    let reported = heard.transitions();
    assert_eq!(reported.len(), 100);
    assert_eq!(breaker.snapshot().recent, reported[68..]);
}

#[test]
fn b13_the_totals_are_exact_at_rest_however_many_threads_counted() {
    const THREADS: u64 = 24;
    const CALLS: u64 = 2_000;
    let (breaker, _clock) = closed(&fragile().failure_threshold(u32::MAX));
    // All threads are alive at once, and there are more threads than stripes of counters.
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
    assert_eq!((totals.failure, totals.ignored, totals.abandoned), (tenth, tenth, tenth));
    assert_eq!((totals.success, totals.late, totals.rejected), (7 * tenth + THREADS, 0, 0));
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
                    let outcome =
                        if (call + thread) % 7 == 0 { Outcome::Failure } else { Outcome::Success };
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
fn b13_a_snapshot_contains_the_name_and_the_streak() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(9));
    fail(&breaker);
    fail(&breaker);
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.name.as_str(), snapshot.consecutive_failures), ("dependency", 2));
    assert_eq!((snapshot.listener_panics, snapshot.lost_events), (0, 0));
}
