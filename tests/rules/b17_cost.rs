//! Rule B17: a healthy call has a low cost. These tests check what safe code can measure.
//!
//! Tests in other files prove that a call allocates nothing (`tests/allocations.rs`). No test
//! proves that a call takes no lock or writes no contended memory.

use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use crate::support::clocks::{counting, reads_of};
use resilient_testkit::{calls, fail, fragile, run, secs, succeed};

fn on_counting_clock() -> (CircuitBreaker, impl Fn() -> u64) {
    counting(&fragile().failure_threshold(3))
}

#[test]
fn b17_a_closed_success_reads_no_clock() {
    let (breaker, reads) = on_counting_clock();
    let before = reads();
    for _ in 0..1_000 {
        succeed(&breaker);
        run(breaker.call(async || Some(()))).unwrap();
        breaker.try_acquire().unwrap().report_output(&Some(()));
    }
    assert_eq!(breaker.snapshot().totals.success, 3_000);
    // The snapshot reads the clock once. The calls do not read it.
    assert_eq!(reads(), before + 1);
}

#[test]
fn b17_admission_by_a_closed_breaker_reads_no_clock_even_after_a_failure() {
    let (breaker, reads) = on_counting_clock();
    fail(&breaker);
    let before = reads();
    let permits: Vec<_> = (0..100).map(|_| breaker.try_acquire().unwrap()).collect();
    assert_eq!(reads(), before);
    drop(permits);
}

#[test]
fn b17_after_a_success_has_ended_a_streak_the_next_success_reads_no_clock() {
    let (breaker, reads) = on_counting_clock();
    fail(&breaker);
    succeed(&breaker);
    let before = reads();
    (0..100).for_each(|_| succeed(&breaker));
    assert_eq!(reads(), before);
}

#[test]
fn b17_a_success_reads_no_clock_after_the_circuit_was_open() {
    let (breaker, reads) = on_counting_clock();
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    breaker.try_acquire().unwrap().report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
    let before = reads();
    (0..100).for_each(|_| succeed(&breaker));
    assert_eq!(reads(), before);
}

#[test]
fn b17_what_is_counted_without_the_lock_is_in_the_totals_and_in_the_state() {
    let (breaker, _reads) = on_counting_clock();
    (0..100).for_each(|_| succeed(&breaker));
    breaker.close();
    (0..10).for_each(|_| succeed(&breaker));
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.success, snapshot.in_state.success), (110, 10));
}

#[test]
fn b17_a_success_in_a_full_window_of_successes_reads_no_clock() {
    let (breaker, reads) = counting(&BreakerConfig::builder().window(10).failure_rate(0.5));
    calls(&breaker, &"S".repeat(10));
    let read = reads_of(&reads, || calls(&breaker, &"S".repeat(1_000)));
    assert_eq!(read, 0);
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.totals.success, 1_010);
    assert_eq!(snapshot.window.unwrap().calls, 10);
}

#[test]
fn b17_a_success_in_a_window_of_calls_reads_no_clock_whatever_else_is_in_it() {
    let config = BreakerConfig::builder().window(10).failure_rate(0.5);
    let (breaker, reads) = counting(&config.min_calls(10));
    let read = reads_of(&reads, || calls(&breaker, "SSSSS"));
    assert_eq!(read, 0, "while it fills");
    calls(&breaker, "FFF");
    let read = reads_of(&reads, || calls(&breaker, "SSSSS"));
    assert_eq!(read, 0, "with failures in it");
    assert_eq!(breaker.snapshot().window.unwrap().failures, 3);
}

#[test]
fn b17_a_success_that_opens_the_circuit_reads_the_clock_once() {
    let config = BreakerConfig::builder().window(10).failure_rate(0.5);
    let (breaker, reads) = counting(&config.min_calls(4));
    calls(&breaker, "FFS");
    let read = reads_of(&reads, || succeed(&breaker));
    assert_eq!((read, breaker.state()), (1, CircuitState::Open));
}

#[test]
fn b17_a_failure_and_a_rejection_read_the_clock_once() {
    let (breaker, reads) = on_counting_clock();
    assert_eq!(reads_of(&reads, || fail(&breaker)), 1);
    breaker.trip().unwrap();
    let read = reads_of(&reads, || drop(breaker.try_acquire().unwrap_err()));
    assert_eq!(read, 1);
}

#[test]
fn b17_a_success_in_a_window_of_time_reads_the_clock_once() {
    let (breaker, reads) = counting(&BreakerConfig::builder().window(secs(60)).failure_rate(0.5));
    for _ in 0..3 {
        assert_eq!(reads_of(&reads, || succeed(&breaker)), 1);
    }
}

#[test]
fn b17_where_calls_are_timed_a_fast_one_reads_the_clock_twice() {
    let timed = BreakerConfig::builder().slow_call(secs(1)).slow_call_rate(0.5);
    for config in [timed.clone().window(5), timed.window(secs(60))] {
        let (breaker, reads) = counting(&config);
        for _ in 0..20 {
            assert_eq!(reads_of(&reads, || succeed(&breaker)), 2);
        }
        assert_eq!(reads_of(&reads, || fail(&breaker)), 2);
        assert_eq!(reads_of(&reads, || succeed(&breaker)), 2);
    }
}

#[test]
fn b17_a_disabled_breaker_reads_no_clock() {
    let timed = BreakerConfig::builder().slow_call(secs(1)).slow_call_rate(0.5);
    let (breaker, reads) = counting(&timed.window(5));
    breaker.disable();
    let read = reads_of(&reads, || calls(&breaker, "SFIX"));
    assert_eq!(read, 0);
}
