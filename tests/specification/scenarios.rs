//! Breakers pass rows C03 to C18 of the published scenarios, which are about concurrency and
//! robustness.

mod linear;

use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, Transition, TransitionReason};
use resilient::events::EventKind;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use crate::support::{SECOND, breaker, report};
use linear::{Calls, Seen, race};

/// Returns settings with a window of calls. The circuit never opens.
fn never_opens(window: u32) -> BreakerConfigBuilder {
    BreakerConfig::builder().failure_threshold(u32::MAX).window(window)
}

#[test]
fn row_c03_every_snapshot_and_the_totals_at_rest_are_explained_by_an_interleaving() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut snapshots_under_way = 0;
    for round in 0..200 {
        let (threads, window) = (2 + round % 2, 3 + round % 3);
        // Low failure rates produce windows without failures.
        let share = [0.1, 0.5, 0.9][random.usize(..3)];
        let calls: Calls =
            (0..threads).map(|_| (0..6).map(|_| random.f64() < share).collect()).collect();
        let breaker = breaker(&never_opens(window));
        let seen = race(&breaker, &calls);
        snapshots_under_way += seen.iter().filter(|seen| seen.is_under_way(&calls)).count();
        linear::explain(&calls, window, &seen).unwrap_or_else(|why| panic!("round {round}: {why}"));
        let end = breaker.snapshot();
        let failures: usize = calls.iter().flatten().filter(|failed| **failed).count();
        let successes = calls.iter().flatten().count() - failures;
        assert_eq!(end.totals.failure, failures as u64);
        assert_eq!(end.totals.success, successes as u64);
    }
    assert!(snapshots_under_way > 0, "no snapshot was taken during the calls");
}

#[test]
fn row_c03_the_checker_refuses_what_no_interleaving_explains() {
    // The first thread fails once and then succeeds once. The second thread succeeds twice.
    let calls: Calls = vec![vec![true, false], vec![false, false]];
    let at_rest = |failures_in_window, streak| Seen {
        done: vec![2, 2],
        begun: vec![2, 2],
        calls: 3,
        failures_in_window,
        streak,
        success: 3,
        failure: 1,
    };
    // The window contains three of the four calls. If the failure was the first call, it has left
    // the window.
    for failures in [0, 1] {
        assert_eq!(linear::explain(&calls, 3, &[at_rest(failures, 0)]), Ok(()));
    }
    // Three snapshots are impossible. The streak cannot be 1, because the same thread succeeds
    // after its failure. The window cannot have two failures, because only one call failed. The
    // total cannot lack a success, because all calls have ended.
    linear::explain(&calls, 3, &[at_rest(1, 1)]).unwrap_err();
    linear::explain(&calls, 3, &[at_rest(2, 0)]).unwrap_err();
    let lost = Seen { success: 2, ..at_rest(1, 0) };
    linear::explain(&calls, 3, &[lost]).unwrap_err();
    // `early` is a snapshot after the first call. It can precede a snapshot at rest, but not follow
    // it, because the number of calls in the window never decreases.
    let early = Seen {
        done: vec![1, 0],
        begun: vec![1, 0],
        calls: 1,
        failures_in_window: 1,
        streak: 1,
        success: 0,
        failure: 1,
    };
    let order = |one: &Seen, other: &Seen| {
        linear::explain(&calls, 3, &[one.clone(), other.clone()]).is_ok()
    };
    assert!(order(&early, &at_rest(0, 0)));
    assert!(!order(&at_rest(0, 0), &early));
}

fn transitions_of(breaker: &CircuitBreaker) -> Arc<Mutex<Vec<Transition>>> {
    let reported: Arc<Mutex<Vec<Transition>>> = Arc::default();
    let delivering = Arc::clone(&reported);
    breaker.on_event(move |event| {
        if let EventKind::Transition(transition) = event.kind() {
            delivering.lock().unwrap().push(transition.clone());
        }
    });
    reported
}

#[test]
fn row_c04_many_threads_that_fail_at_the_threshold_open_the_circuit_once() {
    const THREADS: u32 = 16;
    let builder = BreakerConfig::builder;
    let conditions = [
        (builder().failure_threshold(THREADS), TransitionReason::FailureThreshold),
        (builder().window(100).failure_count(THREADS), TransitionReason::FailureCount),
        (builder().window(100).failure_rate(1.0).min_calls(THREADS), TransitionReason::FailureRate),
        (builder().window(60 * SECOND).failure_count(THREADS), TransitionReason::FailureCount),
    ];
    for (settings, reason) in conditions {
        for _ in 0..20 {
            let breaker = breaker(&settings);
            let reported = transitions_of(&breaker);
            let permits: Vec<_> =
                (0..THREADS + 4).map(|_| breaker.try_acquire().unwrap()).collect();
            let start = Barrier::new(permits.len());
            std::thread::scope(|scope| {
                for permit in permits {
                    scope.spawn(|| {
                        start.wait();
                        permit.report(Outcome::Failure);
                    });
                }
            });
            let snapshot = breaker.snapshot();
            assert_eq!(snapshot.transitions.opened, 1);
            assert_eq!((snapshot.totals.failure, snapshot.totals.late), (THREADS.into(), 4));
            let reported = reported.lock().unwrap();
            let [opening] = &reported[..] else {
                panic!("one opening, not {reported:?}");
            };
            assert_eq!((opening.from, opening.to), (CircuitState::Closed, CircuitState::Open));
            assert_eq!(opening.reason, reason);
        }
    }
}

#[test]
fn row_c08_a_listener_that_asks_for_the_state_does_not_deadlock() {
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        let breaker = breaker(&BreakerConfig::builder().failure_threshold(1));
        let seen: Arc<Mutex<Vec<CircuitState>>> = Arc::default();
        breaker.on_event({
            let (breaker, seen) = (breaker.clone(), Arc::clone(&seen));
            move |_| seen.lock().unwrap().push(breaker.state())
        });
        report(&breaker, Outcome::Failure);
        breaker.close();
        let seen = seen.lock().unwrap().clone();
        done.send(seen).unwrap();
    });
    // The timeout is long. It ends the test only in case of a deadlock.
    let seen = waiting.recv_timeout(60 * SECOND);
    assert_eq!(seen, Ok(vec![CircuitState::Open, CircuitState::Closed]));
}

#[test]
fn row_c11_a_due_breaker_says_half_open_and_asking_it_causes_no_transition_and_no_event() {
    let clock = ManualClock::new();
    let settings = BreakerConfig::builder().failure_threshold(1).recovery_time(2 * SECOND);
    let breaker = CircuitBreaker::with_clock("service", settings.build().unwrap(), clock.clone());
    report(&breaker, Outcome::Failure);
    clock.advance(2 * SECOND);
    let reported = transitions_of(&breaker);

    for _ in 0..10 {
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        assert_eq!(breaker.snapshot().retry_after, Some(Duration::ZERO));
    }
    assert_eq!(breaker.snapshot().transitions.half_opened, 0);
    assert!(reported.lock().unwrap().is_empty());

    report(&breaker, Outcome::Success);
    assert_eq!(reported.lock().unwrap().len(), 2);
}

#[test]
fn row_c17_the_longest_times_saturate_and_never_panic() {
    let longest = Duration::MAX;
    let clock = ManualClock::new();
    let settings = BreakerConfig::builder()
        .window(longest)
        .failure_count(1)
        .slow_call(longest)
        .slow_call_rate(1.0)
        .recovery_time(longest)
        .recovery_factor(f64::MAX)
        .recovery_jitter(1.0)
        .probe_timeout(longest);
    let breaker = CircuitBreaker::with_clock("service", settings.build().unwrap(), clock.clone());
    for _ in 0..3 {
        report(&breaker, Outcome::Failure);
        clock.advance(longest);
        assert_eq!(breaker.state(), CircuitState::Open, "open until `half_open`");
        assert_eq!(breaker.snapshot().retry_after, None);
        breaker.half_open().unwrap();
        report(&breaker, Outcome::Failure);
        breaker.trip_for(longest).unwrap();
        let rejected = breaker.try_acquire().unwrap_err();
        assert_eq!(rejected.retry_after(), None);
        breaker.half_open().unwrap();
        report(&breaker, Outcome::Success);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

/// The build rejects durations that are too short. A `Duration` cannot be negative.
#[test]
fn row_c18_invalid_times_are_a_build_error() {
    let builder = BreakerConfig::builder;
    let zero = Duration::ZERO;
    let cases = [
        ("window", builder().window(zero).failure_count(1)),
        ("slow_call", builder().window(1).slow_call(zero).slow_call_rate(1.0)),
        ("probe_timeout", builder().probe_timeout(zero)),
        ("max_recovery_time", builder().max_recovery_time(zero)),
    ];
    for (field, settings) in cases {
        assert_eq!(settings.build().unwrap_err().field(), field);
    }
}
