//! Rule B19: the breaker counts its calls in flight.

use std::sync::Barrier;

use resilient::breaker::{AbandonedOutcome, BreakerConfigBuilder, Permit};
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use crate::support::slow_calls::settings;
use resilient_testkit::{
    calls, closed, due, fragile, rejection, run, secs, succeed, while_unwinding,
};

#[track_caller]
fn assert_in_flight(breaker: &CircuitBreaker, expected: u64) {
    assert_eq!(breaker.snapshot().in_flight, expected);
}

fn acquire(breaker: &CircuitBreaker) -> Permit<'_> {
    breaker.try_acquire().unwrap()
}

/// Returns settings of every kind: without a window, with each kind of window, and with slow calls.
fn every_kind() -> [BreakerConfigBuilder; 5] {
    let never = || BreakerConfig::builder().failure_threshold(1_000);
    [
        never(),
        never().window(100).failure_rate(1.0).min_calls(100),
        never().window(secs(60)).failure_rate(1.0).min_calls(1_000),
        never().window(100).slow_call(secs(9)).slow_call_rate(1.0).min_calls(100),
        never().window(secs(60)).slow_call(secs(9)).slow_call_rate(1.0).min_calls(1_000),
    ]
}

#[test]
fn b19_a_call_is_in_flight_from_its_admission_to_its_end_however_it_ends() {
    for settings in every_kind() {
        for abandoned in [AbandonedOutcome::Ignore, AbandonedOutcome::Failure] {
            let (breaker, _clock) = closed(&settings.clone().abandoned(abandoned));
            assert_in_flight(&breaker, 0);
            let permits: Vec<_> = (0..6).map(|_| acquire(&breaker)).collect();
            assert_in_flight(&breaker, 6);
            let ends: [fn(Permit<'_>); 6] = [
                |permit| permit.report(Outcome::Success),
                |permit| permit.report(Outcome::Failure),
                |permit| permit.report(Outcome::Ignored),
                |permit| permit.report_after(Outcome::Success, secs(1)),
                |permit| drop(permit),
                |permit| while_unwinding(permit),
            ];
            for (nth, (permit, end)) in permits.into_iter().zip(ends).enumerate() {
                end(permit);
                assert_in_flight(&breaker, 5 - nth as u64);
            }
        }
    }
}

#[test]
fn b19_healthy_calls_do_not_change_the_number_of_calls_in_flight() {
    for settings in every_kind() {
        let (breaker, _clock) = closed(&settings);
        let held = acquire(&breaker);
        (0..1_000).for_each(|_| succeed(&breaker));
        assert_in_flight(&breaker, 1);
        drop(held);
        assert_in_flight(&breaker, 0);
    }
}

#[test]
fn b19_a_rejected_call_is_not_in_flight() {
    let (breaker, _clock) = closed(&fragile());
    calls(&breaker, "F");
    rejection(&breaker);
    breaker.force_open();
    rejection(&breaker);
    assert_in_flight(&breaker, 0);
}

#[test]
fn b19_a_call_that_ends_after_its_generation_is_in_flight_until_then() {
    let (breaker, _clock) = closed(&fragile());
    let (first, second) = (acquire(&breaker), acquire(&breaker));
    calls(&breaker, "F");
    assert_in_flight(&breaker, 2);
    first.report(Outcome::Success);
    breaker.close();
    second.report(Outcome::Failure);
    assert_eq!(breaker.snapshot().totals.late, 2);
    assert_in_flight(&breaker, 0);
}

#[test]
fn b19_probes_are_in_flight_also_after_their_lease() {
    let (breaker, clock) = due(&fragile().probe_timeout(secs(5)));
    let hung = acquire(&breaker);
    rejection(&breaker);
    assert_in_flight(&breaker, 1);
    clock.advance(secs(5));
    let heir = acquire(&breaker);
    assert_in_flight(&breaker, 2);
    hung.report(Outcome::Success);
    heir.report(Outcome::Success);
    assert_in_flight(&breaker, 0);
}

#[test]
fn b19_calls_admitted_while_disabled_are_never_counted() {
    for settings in every_kind() {
        let (breaker, _clock) = closed(&settings);
        breaker.disable();
        let permits: Vec<_> = (0..6).map(|_| acquire(&breaker)).collect();
        assert_in_flight(&breaker, 0);
        let mut permits = permits.into_iter();
        permits.next().unwrap().report(Outcome::Success);
        permits.next().unwrap().report(Outcome::Failure);
        drop(permits.next());
        assert_in_flight(&breaker, 0);
        breaker.close();
        let counted = acquire(&breaker);
        permits.next().unwrap().report(Outcome::Success);
        permits.next().unwrap().report(Outcome::Failure);
        drop(permits.next());
        assert_in_flight(&breaker, 1);
        drop(counted);
        assert_in_flight(&breaker, 0);
    }
}

#[test]
fn b19_a_call_that_ends_while_disabled_is_no_longer_in_flight() {
    for settings in every_kind() {
        let (breaker, _clock) = closed(&settings);
        let permits: Vec<_> = (0..4).map(|_| acquire(&breaker)).collect();
        breaker.disable();
        assert_in_flight(&breaker, 4);
        let mut permits = permits.into_iter();
        permits.next().unwrap().report(Outcome::Success);
        permits.next().unwrap().report(Outcome::Failure);
        drop(permits.next());
        assert_in_flight(&breaker, 1);
        breaker.close();
        assert_in_flight(&breaker, 1);
        drop(permits);
        assert_in_flight(&breaker, 0);
    }
}

#[test]
fn b19_an_observed_breaker_counts_its_calls_in_flight() {
    let (breaker, _clock) = closed(&fragile());
    breaker.observe_only();
    let permit = acquire(&breaker);
    calls(&breaker, "FF");
    assert_in_flight(&breaker, 1);
    permit.report(Outcome::Failure);
    assert_in_flight(&breaker, 0);
}

#[test]
fn b19_a_forgotten_permit_stays_in_flight() {
    let (breaker, _clock) = closed(&settings());
    std::mem::forget(acquire(&breaker));
    succeed(&breaker);
    assert_in_flight(&breaker, 1);
}

#[test]
fn b19_an_async_call_is_in_flight_while_it_runs_and_no_longer_if_it_is_cancelled() {
    let breaker = CircuitBreaker::default();
    run(breaker.call(async || {
        assert_in_flight(&breaker, 1);
        Some(())
    }));
    assert_in_flight(&breaker, 0);
    let mut hung = Box::pin(breaker.call(async || std::future::pending::<Option<()>>().await));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(hung.as_mut().poll(&mut context).is_pending());
    assert_in_flight(&breaker, 1);
    drop(hung);
    assert_in_flight(&breaker, 0);
}

#[test]
fn b19_calls_of_more_threads_than_stripes_are_counted_and_may_end_on_other_threads() {
    const THREADS: usize = 24;
    for settings in every_kind() {
        let (breaker, _clock) = closed(&settings);
        let all_hold = Barrier::new(THREADS + 1);
        let all_may_end = Barrier::new(THREADS + 1);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    (0..100).for_each(|_| succeed(&breaker));
                    let here = acquire(&breaker);
                    let elsewhere = acquire(&breaker);
                    all_hold.wait();
                    all_may_end.wait();
                    here.report(Outcome::Success);
                    scope.spawn(move || elsewhere.report(Outcome::Failure));
                });
            }
            all_hold.wait();
            assert_in_flight(&breaker, 2 * THREADS as u64);
            all_may_end.wait();
        });
        assert_in_flight(&breaker, 0);
    }
}
