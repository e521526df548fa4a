//! Tests of the rows of table I that need no measurement. `tests/allocations.rs` and
//! `resilient-core/tests/soak.rs` test the other rows.

use std::error::Error;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use resilient::breaker::{BreakerSnapshot, CircuitState, TransitionError};
use resilient::registry::NameTakenError;
use resilient::{CircuitBreaker, CircuitOpen, ConfigError, Outcome, Registry, circuit_breaker};

use crate::support::{breaker, on_clock};
use resilient_testkit::{fail, fragile, run, secs};

#[test]
fn fm_i2_however_often_the_state_changes_only_the_last_transitions_are_stored() {
    let rounds = if cfg!(debug_assertions) { 50_000 } else { 5_000_000 };
    let (breaker, clock) = on_clock(&fragile());
    for _ in 0..rounds {
        clock.advance(secs(1));
        breaker.trip().unwrap();
        breaker.close();
    }
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.recent.len(), 32);
    assert_eq!(snapshot.transitions.opened, rounds);
    assert_eq!(snapshot.lost_events, 0);
}

/// Checks that each of two successive snapshots is consistent, and that no total decreases from the
/// first to the second. Assumes that only calls and `half_open` change the breaker.
fn check(before: &BreakerSnapshot, after: &BreakerSnapshot) {
    for snapshot in [before, after] {
        let totals = snapshot.totals;
        assert!(totals.slow <= totals.success + totals.failure);
        if let Some(window) = snapshot.window {
            assert!(window.failures <= window.calls && window.slow <= window.calls);
            assert!(u64::from(window.consecutive_failures) <= window.failures);
            assert_eq!(window.consecutive_failures, snapshot.consecutive_failures);
        }
        let last = snapshot.recent.last();
        let entered = last.map_or(CircuitState::Closed, |last| last.to);
        assert_eq!(snapshot.state, entered);
        assert_eq!(snapshot.window.is_some(), snapshot.state == CircuitState::Closed);
        for pair in snapshot.recent.windows(2) {
            assert_eq!(pair[0].to, pair[1].from);
        }
        let counts = snapshot.transitions;
        // The circuit goes from closed to open, from open to half-open, and from half-open to
        // closed or open. So it leaves a state at most as often as it enters the state.
        assert!(counts.closed <= counts.half_opened);
        assert!(counts.half_opened <= counts.opened);
        assert!(counts.opened <= counts.half_opened + 1);
        let in_half_open = snapshot.state == CircuitState::HalfOpen;
        assert!(in_half_open || snapshot.probes_in_flight == 0);
        assert!(snapshot.probes_in_flight <= 2);
    }
    let (old, new) = (before.totals, after.totals);
    assert!(new.success >= old.success && new.failure >= old.failure);
    assert!(new.ignored >= old.ignored && new.abandoned >= old.abandoned);
    assert!(new.late >= old.late && new.rejected >= old.rejected);
}

#[test]
fn fm_i6_snapshots_under_load_are_consistent_in_themselves() {
    let settings = fragile()
        .failure_threshold(3)
        .recovery_time(secs(0))
        .window(20)
        .failure_rate(0.5)
        .half_open_successes(2)
        .half_open_max_calls(2);
    // The clock stands still, so the circuit becomes half-open only by `half_open`. If time passed,
    // a snapshot could show half-open before the breaker records the transition.
    let (breaker, _clock) = on_clock(&settings.recovery_time(secs(1)));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers = [(); 3].map(|()| {
            scope.spawn(|| {
                let mut calls = 0_u64;
                for round in 0..20_000_usize {
                    let Ok(permit) = breaker.try_acquire() else {
                        let _ = breaker.half_open();
                        calls += 1;
                        continue;
                    };
                    calls += 1;
                    match round * 7 % 10 {
                        0..6 => permit.report(Outcome::Success),
                        6..8 => permit.report(Outcome::Failure),
                        8 => permit.report(Outcome::Ignored),
                        _ => drop(permit),
                    }
                }
                calls
            })
        });
        scope.spawn(|| {
            let mut before = breaker.snapshot();
            while !done.load(SeqCst) {
                let after = breaker.snapshot();
                check(&before, &after);
                before = after;
            }
        });
        let calls: u64 = callers.map(|caller| caller.join().unwrap()).iter().sum();
        done.store(true, SeqCst);
        let totals = breaker.snapshot().totals;
        let counted = totals.success
            + totals.failure
            + totals.ignored
            + totals.abandoned
            + totals.late
            + totals.rejected;
        assert_eq!(counted, calls, "each call is counted once");
    });
}

#[test]
fn fm_i6_totals_and_window_of_one_snapshot_are_of_one_instant() {
    // The window is larger than the number of calls, so it contains every call.
    let settings = fragile().failure_threshold(u32::MAX).window(1_000_000).failure_count(1_000_000);
    let breaker = breaker(&settings);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for outcome in [Outcome::Success, Outcome::Failure] {
            let (breaker, done) = (&breaker, &done);
            scope.spawn(move || {
                for _ in 0..450_000 {
                    if done.load(SeqCst) {
                        break;
                    }
                    breaker.try_acquire().unwrap().report(outcome);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..20_000 {
                let BreakerSnapshot { window, totals, in_state, .. } = breaker.snapshot();
                let window = window.unwrap();
                assert_eq!(window.calls, totals.success + totals.failure);
                assert_eq!(window.failures, totals.failure);
                assert_eq!(in_state, totals);
            }
            done.store(true, SeqCst);
        });
    });
}

#[test]
fn fm_i8_every_error_moves_between_threads_and_is_found_again_behind_dyn_error() {
    fn checked<E: Error + Send + Sync + Clone + PartialEq + 'static>(error: &E) {
        let dynamic: Box<dyn Error + Send + Sync> = Box::new(error.clone());
        let moved = std::thread::spawn(move || dynamic).join().unwrap();
        assert_eq!(moved.downcast_ref::<E>(), Some(error));
        assert!(!moved.to_string().is_empty());
    }
    let breaker = breaker(&fragile());
    fail(&breaker);
    checked::<CircuitOpen>(&breaker.try_acquire().map(drop).unwrap_err());
    breaker.force_open();
    checked::<TransitionError>(&breaker.trip().unwrap_err());
    checked::<ConfigError>(&fragile().failure_threshold(0).build().unwrap_err());
    let registry = Registry::new();
    registry.register(&breaker).unwrap();
    let same_name = CircuitBreaker::new("dependency", fragile().build().unwrap());
    checked::<NameTakenError>(&registry.register(&same_name).unwrap_err());
}

#[test]
fn fm_i8_the_users_error_and_its_source_come_through_unchanged() {
    #[circuit_breaker(name = "boxed", failure_threshold = 1)]
    async fn parse(text: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
        Ok(text.parse()?)
    }
    let error = run(parse("x")).unwrap_err();
    assert!(error.is::<std::num::ParseIntError>());
    let error = run(parse("7")).unwrap_err();
    assert_eq!(error.downcast_ref::<CircuitOpen>().unwrap().breaker(), "boxed");
}

#[test]
fn fm_i8_a_rejection_is_the_source_of_the_users_error() {
    #[derive(Debug)]
    struct Wrapped(CircuitOpen);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no answer")
        }
    }
    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    impl From<CircuitOpen> for Wrapped {
        fn from(open: CircuitOpen) -> Self {
            Self(open)
        }
    }
    let breaker = breaker(&fragile());
    breaker.force_open();
    let error = run(breaker.call(async || Ok::<(), Wrapped>(()))).unwrap_err();
    assert!(error.source().unwrap().is::<CircuitOpen>());
}
