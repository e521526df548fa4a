//! B17: what a healthy call costs, as far as safe code can see it.
//!
//! Not proven here: that it allocates nothing (a counting allocator needs `unsafe`), that it takes no lock (no code of a
//! user ever runs under the lock, so none can hold it), and that it writes no contended memory.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Instant;

use resilient::Clock;
use resilient::{CircuitBreaker, Outcome, State};

use crate::support::{fail, fragile, run, succeed};

/// Stands still, and counts how often it is read.
#[derive(Clone)]
struct Counting {
    now: Instant,
    reads: Arc<AtomicU64>,
}

impl Clock for Counting {
    fn now(&self) -> Instant {
        self.reads.fetch_add(1, SeqCst);
        self.now
    }
}

fn on_counting_clock() -> (CircuitBreaker, impl Fn() -> u64) {
    let clock = Counting {
        now: Instant::now(),
        reads: Arc::default(),
    };
    let config = fragile().failure_threshold(3).build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, move || clock.reads.load(SeqCst))
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
    // The snapshot itself is the one.
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
fn b17_once_a_success_has_ended_a_streak_the_next_reads_no_clock_again() {
    let (breaker, reads) = on_counting_clock();
    fail(&breaker);
    succeed(&breaker);
    let before = reads();
    (0..100).for_each(|_| succeed(&breaker));
    assert_eq!(reads(), before);
}

#[test]
fn b17_the_same_holds_after_the_circuit_was_open() {
    let (breaker, reads) = on_counting_clock();
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    breaker.try_acquire().unwrap().report(Outcome::Success);
    assert_eq!(breaker.state(), State::Closed);
    let before = reads();
    (0..100).for_each(|_| succeed(&breaker));
    assert_eq!(reads(), before);
}

#[test]
fn b17_what_is_counted_without_the_lock_is_in_the_totals_and_in_the_state() {
    let (breaker, _reads) = on_counting_clock();
    (0..100).for_each(|_| succeed(&breaker));
    breaker.reset();
    (0..10).for_each(|_| succeed(&breaker));
    let snapshot = breaker.snapshot();
    assert_eq!(
        (snapshot.totals.success, snapshot.in_state.success),
        (110, 10)
    );
}
