//! The library has none of the defects CB1 to CB20 of the Python system. For each defect,
//! a test fails if the library has the defect.
//!
//! Only attributes can have CB9, a clash of settings with the arguments of a function, so a test of
//! the attributes covers CB9.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant as StdInstant};

use resilient::breaker::CircuitState;
use resilient::breaker::TransitionReason;
use resilient::events::EventKind;
use resilient::retries::{AttemptEnd, Jitter, RetryDriver};
use resilient::time::{Clock, ManualClock};
use resilient::{BreakerConfig, CircuitBreaker, Classification, Outcome, Registry, RetryPolicy};
use tokio::time::{Instant, advance, timeout};

use crate::support::*;

#[tokio::test]
async fn defect_cb1_failures_with_successes_between_them_never_open_the_circuit() {
    let breaker = opens_after(5);

    for _ in 0..100 {
        for _ in 0..4 {
            fail(&breaker).await.unwrap_err();
        }
        succeed(&breaker).await.unwrap();
    }

    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().transitions.opened, 0);
}

#[tokio::test(start_paused = true)]
async fn defect_cb2_an_excluded_error_of_a_probe_gives_its_slot_back() {
    let breaker = opens_after(1);
    fail(&breaker).await.unwrap_err();
    advance(30 * SECOND).await;

    for _ in 0..10 {
        let result: Result<(), _> =
            breaker.call_classified(async || Err(ClientError::BadInput)).await;
        assert_eq!(result, Err(ClientError::BadInput), "admitted");
    }

    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().probes_in_flight, 0);
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn defect_cb3_a_probe_that_is_cancelled_gives_its_slot_back() {
    let breaker = opens_after(1);
    fail(&breaker).await.unwrap_err();
    advance(30 * SECOND).await;

    let hangs = breaker.call(async || {
        std::future::pending::<()>().await;
        Ok::<(), ClientError>(())
    });
    let cut = timeout(SECOND, hangs).await;

    assert!(cut.is_err());
    assert_eq!(breaker.snapshot().probes_in_flight, 0);
    assert_eq!(breaker.snapshot().totals.abandoned, 1);
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn defect_cb4_a_call_admitted_before_the_outage_does_not_close_the_circuit() {
    let breaker = opens_after(1);
    let early = breaker.try_acquire().unwrap();
    fail(&breaker).await.unwrap_err();
    advance(30 * SECOND).await;
    let probe = breaker.try_acquire().unwrap();

    early.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().totals.late, 1);

    probe.report(Outcome::Failure);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn defect_cb5_stragglers_that_fail_do_not_prolong_the_outage() {
    let breaker = opens_after(1);
    let stragglers: Vec<_> = (0..29).map(|_| breaker.try_acquire().unwrap()).collect();
    fail(&breaker).await.unwrap_err();

    for straggler in stragglers {
        advance(SECOND).await;
        straggler.report(Outcome::Failure);
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    advance(SECOND).await;

    assert_eq!(breaker.state(), CircuitState::HalfOpen, "30 s after it opened");
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test]
async fn defect_cb6_code_of_the_library_or_its_listeners_is_never_counted_against_the_call() {
    struct BrokenClock;
    impl Clock for BrokenClock {
        fn now(&self) -> StdInstant {
            std::panic::panic_any("the clock is broken")
        }
    }
    let settings = BreakerConfig::builder().failure_threshold(2);
    let breaker = CircuitBreaker::with_clock("service", settings.build().unwrap(), BrokenClock);
    breaker.on_event(|_| std::panic::panic_any("a broken listener"));

    // The operations are closures, so they have no name that the breaker could look up.
    let unnamed: [Box<dyn Fn() -> Result<u8, ClientError>>; 2] =
        [Box::new(|| Err(ClientError::Unavailable(1))), Box::new(|| Ok(7))];
    let failed = breaker.call(async || unnamed[0]()).await;
    let fine = breaker.call(async || unnamed[1]()).await;
    breaker.trip().unwrap();
    breaker.close();

    assert_eq!((failed, fine), (Err(ClientError::Unavailable(1)), Ok(7)));
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.totals.success, snapshot.totals.failure), (1, 1));
    assert_eq!(snapshot.state, CircuitState::Closed);
    assert_eq!(snapshot.listener_panics, 2, "one for each transition");
}

#[test]
fn defect_cb7_the_record_of_transitions_is_bounded_and_a_copy() {
    let breaker = opens_after(1);
    for _ in 0..1_000 {
        breaker.trip().unwrap();
        breaker.close();
    }

    let mut snapshot = breaker.snapshot();
    assert_eq!(snapshot.recent.len(), 32);
    assert_eq!(snapshot.transitions.opened, 1_000, "the count is exact");
    snapshot.recent.clear();
    snapshot.totals.success = 99;

    assert_eq!(breaker.snapshot().recent.len(), 32);
    assert_eq!(breaker.snapshot().totals.success, 0);
}

#[test]
fn defect_cb8_a_policy_that_is_handed_on_keeps_every_setting() {
    let settings = exact().jitter(Jitter::Proportional(0.7)).max_retries(20).seed(8);
    let original = policy(&settings);
    let delays = |policy: &RetryPolicy| {
        let mut retry = RetryDriver::start(policy);
        let next = || retry.after(AttemptEnd::Failed(Classification::transient()), None).ok();
        std::iter::from_fn(next).collect::<Vec<_>>()
    };

    let copy = original.clone();

    assert_eq!(delays(&copy), delays(&original));
    assert_eq!(delays(&copy).len(), 20);
    let first = delays(&copy).into_iter().map(|delay| delay.as_secs_f64());
    assert!(
        first.zip([1.0, 2.0, 4.0]).any(|(delay, nominal)| {
            let share = (delay / nominal - 1.0_f64).abs();
            share > 0.2 && share <= 0.7
        }),
        "a proportion of 0.7, and not the default"
    );
}

#[tokio::test(start_paused = true)]
async fn defect_cb10_errors_that_no_attempt_can_help_are_not_retried() {
    for error in [ClientError::BadInput, ClientError::NotFound] {
        let mut executions = 0;

        let result: Result<(), ClientError> = policy(&exact())
            .call()
            .classified()
            .run(|_| {
                executions += 1;
                async { Err(error.clone()) }
            })
            .await;

        assert_eq!((result, executions), (Err(error), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn defect_cb10_an_open_circuit_is_not_retried() {
    let breaker = opens_after(1);
    breaker.trip().unwrap();
    let start = Instant::now();

    let result: Result<(), ClientError> =
        policy(&exact()).call().through(&breaker).run(async |_| Ok(())).await;

    assert!(matches!(result, Err(ClientError::Open(_))));
    assert_eq!(breaker.snapshot().totals.rejected, 1);
    assert!(start.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn defect_cb11_the_time_that_the_service_asks_for_is_waited_for() {
    let start = Instant::now();

    let result: Result<u32, ClientError> = policy(&exact())
        .call()
        .classified()
        .run(async |attempt| {
            if attempt.is_first() {
                Err(ClientError::TooMany(60 * SECOND))
            } else {
                Ok(attempt.number())
            }
        })
        .await;

    assert_eq!(result, Ok(2));
    assert!(start.elapsed() >= 60 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn defect_cb11_the_time_that_an_open_circuit_needs_is_waited_for() {
    let breaker = opens_after(1);
    let waiting = exact().when_open(resilient::retries::WhenOpen::Wait);
    let start = Instant::now();

    let result: Result<u32, ClientError> = policy(&waiting)
        .call()
        .through(&breaker)
        .run(async |attempt| {
            if attempt.is_first() { Err(ClientError::Unavailable(1)) } else { Ok(attempt.number()) }
        })
        .await;

    assert_eq!(result, Ok(2));
    assert!(start.elapsed() >= 30 * SECOND, "{:?}", start.elapsed());
    assert_eq!(breaker.snapshot().totals.rejected, 0);
}

#[test]
fn defect_cb12_delays_at_the_cap_are_spread_and_not_all_the_cap() {
    for jitter in [Jitter::Proportional(0.2), Jitter::Full, Jitter::Equal] {
        let cap = 4 * SECOND;
        let settings = exact().jitter(jitter).max_delay(cap);
        let at_the_cap = (0..1_000)
            .map(|seed| {
                let policy = policy(&settings.clone().max_retries(6).seed(seed));
                let mut retry = RetryDriver::start(&policy);
                let next =
                    || retry.after(AttemptEnd::Failed(Classification::transient()), None).ok();
                std::iter::from_fn(next).last().expect("the call makes six retries")
            })
            .inspect(|delay| assert!(*delay <= cap, "{jitter:?}: {delay:?}"))
            .filter(|delay| *delay == cap)
            .count();

        assert!(at_the_cap < 10, "{jitter:?}: {at_the_cap} of 1000");
    }
}

#[test]
fn defect_cb13_settings_out_of_range_are_errors() {
    let thresholds = BreakerConfig::builder().failure_threshold(0).build();
    let probes = BreakerConfig::builder().half_open_max_calls(0).build();
    let jitter = exact().jitter(Jitter::Proportional(3.0)).build();
    let factor = exact().backoff_factor(-2.0).build();
    let cap = exact().max_delay(SECOND / 2).build();
    let attempts = RetryPolicy::builder().max_attempts(0).build();

    assert_eq!(thresholds.unwrap_err().field(), "failure_threshold");
    assert_eq!(probes.unwrap_err().field(), "half_open_max_calls");
    assert_eq!(jitter.unwrap_err().field(), "jitter");
    assert_eq!(factor.unwrap_err().field(), "backoff_factor");
    assert_eq!(cap.unwrap_err().field(), "max_delay");
    assert_eq!(attempts.unwrap_err().field(), "max_attempts");
}

#[test]
fn defect_cb14_a_breaker_is_found_by_name_with_its_state_its_counts_and_its_reset() {
    let registry = Registry::new();
    let hidden = registry.get_or_register("payments", BreakerConfig::default());
    for _ in 0..5 {
        report(&hidden, Outcome::Failure);
    }

    let found = registry.get("payments").expect("it was registered");

    assert_eq!(found.state(), CircuitState::Open);
    assert_eq!(found.snapshot().totals.failure, 5);
    found.close();
    assert_eq!(hidden.state(), CircuitState::Closed);
}

#[test]
fn defect_cb15_a_clock_that_is_set_back_prolongs_nothing() {
    let clock = ManualClock::new();
    clock.advance(7_200 * SECOND);
    let settings = BreakerConfig::builder().failure_threshold(1);
    let breaker = CircuitBreaker::with_clock("service", settings.build().unwrap(), clock.clone());
    report(&breaker, Outcome::Failure);

    clock.set_back(3_600 * SECOND);
    let rejected = breaker.try_acquire().unwrap_err();

    assert_eq!(rejected.retry_after(), Some(30 * SECOND), "the wait does not grow by the hour");
    assert_eq!(breaker.snapshot().retry_after, Some(30 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn defect_cb16_a_rejection_while_half_open_never_reports_a_negative_wait() {
    let breaker = opens_after(1);
    fail(&breaker).await.unwrap_err();
    advance(30 * SECOND + SECOND / 2).await;
    let probe = breaker.try_acquire().unwrap();

    let mut waits = Vec::new();
    for _ in 0..3 {
        let rejected = breaker.try_acquire().unwrap_err();
        assert!(!rejected.to_string().contains(" -"), "{rejected}");
        waits.push(rejected.retry_after());
        advance(10 * SECOND).await;
    }

    // Each wait is the rest of the probe's lease. When the lease ends, the slot is free.
    assert_eq!(waits, [30, 20, 10].map(|left| Some(left * SECOND)));
    assert!(breaker.try_acquire().is_ok());
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn defect_cb17_the_state_is_half_open_after_the_recovery_time_even_with_no_traffic() {
    let breaker = opens_after(1);
    fail(&breaker).await.unwrap_err();

    advance(30 * SECOND).await;

    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().state, CircuitState::HalfOpen);
    assert_eq!(breaker.snapshot().retry_after, Some(Duration::ZERO));
    assert_eq!(breaker.snapshot().transitions.half_opened, 0, "reading the state changes nothing");
}

#[test]
fn defect_cb18_a_plain_function_is_protected_and_has_its_effect_once() {
    let breaker = opens_after(5);
    let policy = policy(&exact());
    let mut retry = RetryDriver::start(&policy);
    let mut effects = 0;
    let mut charge = || -> Result<&str, ClientError> {
        effects += 1;
        Ok("charged")
    };

    // The loop runs without a runtime, as in a function that is not async.
    let result = loop {
        let permit = breaker.try_acquire().expect("closed");
        let result = charge();
        permit.report_output(&result);
        if result.is_ok()
            || retry.after(AttemptEnd::Failed(Classification::transient()), None).is_err()
        {
            break result;
        }
    };

    assert_eq!((result, effects), (Ok("charged"), 1));
    assert_eq!(breaker.snapshot().totals.success, 1);
}

#[tokio::test(start_paused = true)]
async fn defect_cb19_an_outage_is_one_event_however_many_calls_fail_and_are_rejected() {
    let breaker = opens_after(5);
    let reported = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&reported);
    breaker.on_event(move |event| {
        if let EventKind::Transition(step) = event.kind() {
            assert_eq!(step.reason, TransitionReason::FailureThreshold);
        }
        count.fetch_add(1, Relaxed);
    });

    for _ in 0..1_000 {
        report(&breaker, Outcome::Ignored);
    }
    for _ in 0..5 {
        fail(&breaker).await.unwrap_err();
    }
    for _ in 0..1_000 {
        succeed(&breaker).await.unwrap_err();
    }

    assert_eq!(reported.load(Relaxed), 1);
    assert_eq!(breaker.snapshot().totals.rejected, 1_000);
}

/// A clock that counts its readings. The breaker takes its lock only after it has read the clock,
/// so a call that does not read the clock takes no lock.
#[derive(Clone, Default)]
struct CountingClock(Arc<AtomicU64>);

impl Clock for CountingClock {
    fn now(&self) -> StdInstant {
        self.0.fetch_add(1, Relaxed);
        StdInstant::now()
    }
}

#[tokio::test]
async fn defect_cb20_a_healthy_call_takes_the_path_without_clock_and_lock() {
    let clock = CountingClock::default();
    let settings = BreakerConfig::default();
    let breaker = CircuitBreaker::with_clock("service", settings, clock.clone());
    let reads_to_make_it = clock.0.load(Relaxed);

    for _ in 0..1_000 {
        succeed(&breaker).await.unwrap();
    }

    assert_eq!(clock.0.load(Relaxed), reads_to_make_it);
    assert_eq!(breaker.snapshot().totals.success, 1_000);
}

#[test]
fn defect_cb20_one_breaker_serves_several_runtimes_and_threads() {
    let breaker = opens_after(u32::MAX);

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = { runtime }.build().unwrap();
                runtime.block_on(async {
                    for _ in 0..1_000 {
                        succeed(&breaker).await.unwrap();
                        fail(&breaker).await.unwrap_err();
                    }
                });
            });
        }
    });

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (4_000, 4_000));
}
