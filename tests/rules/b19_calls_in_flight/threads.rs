//! Rule B19: calls on several threads can be overdue.

use std::sync::Barrier;
use std::time::Duration;

use resilient::Outcome;

use super::support::{LIMIT, TOLERANCE, acquire, hang, overdue};
use crate::support::slow_calls::settings;
use resilient_testkit::{closed, succeed};

#[test]
fn b19_calls_that_begin_on_one_thread_and_end_on_another_are_watched() {
    let (breaker, clock) = closed(&settings().window(100).min_calls(100));
    for _ in 0..200 {
        let permit = acquire(&breaker);
        std::thread::scope(|scope| {
            scope.spawn(|| permit.report(Outcome::Success));
        });
        clock.advance(Duration::from_millis(70));
    }
    assert_eq!(overdue(&breaker), 0);
    let hung = hang(&breaker, &clock, 3);
    assert_eq!(overdue(&breaker), 3);
    std::thread::scope(|scope| {
        for permit in hung {
            scope.spawn(|| permit.report(Outcome::Success));
        }
    });
    assert_eq!(overdue(&breaker), 0);
    assert_eq!(breaker.snapshot().totals.slow, 3);
}

#[test]
fn b19_calls_of_more_threads_than_stripes_are_watched() {
    const THREADS: usize = 24;
    let (breaker, clock) = closed(&settings().window(1_000).min_calls(1_000));
    let all_hold = Barrier::new(THREADS + 1);
    let all_may_end = Barrier::new(THREADS + 1);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..20).for_each(|_| succeed(&breaker));
                let held = acquire(&breaker);
                all_hold.wait();
                all_may_end.wait();
                held.report(Outcome::Success);
            });
        }
        all_hold.wait();
        assert_eq!(overdue(&breaker), 0);
        clock.advance(LIMIT + TOLERANCE);
        assert_eq!(overdue(&breaker), THREADS as u64);
        all_may_end.wait();
    });
    assert_eq!(overdue(&breaker), 0);
    assert_eq!(breaker.snapshot().totals.slow, THREADS as u64);
}
