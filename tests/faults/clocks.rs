//! Tests of table C: clocks that stand still, jump, go back, or reach their limit.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::Jitter;
use resilient::time::{Clock, ManualClock};
use resilient::{BreakerConfig, CircuitBreaker, Outcome, RetryPolicy, circuit_breaker, retry};
use tokio::time::{Instant, advance};

use crate::support::{Fault, breaker, on_clock, registered};
use resilient_testkit::{fail, fragile, rejection, run, secs, succeed};

#[tokio::test(start_paused = true)]
async fn fm_c1_breaker_and_retry_obey_tokios_paused_clock() {
    #[retry(max_retries = 1, base_delay = "2s", jitter = none, when_open = wait)]
    #[circuit_breaker(name = "paused", failure_threshold = 1, recovery_time = "1h")]
    async fn call() -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let start = Instant::now();
    call().await.unwrap_err();
    // The call waited for the recovery time of one hour and for the delay of two seconds.
    assert_eq!(start.elapsed(), secs(3_602));
    let breaker = registered("paused");
    assert_eq!(breaker.snapshot().transitions.opened, 2);
    assert_eq!(breaker.snapshot().time_in_state.open, secs(3_600));
    advance(secs(3_599)).await;
    assert_eq!(breaker.state(), CircuitState::Open);
    advance(secs(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn fm_c2_a_clock_that_is_behind_on_another_core_never_panics_and_never_prolongs_a_wait() {
    for settings in [
        fragile(),
        fragile().window(secs(5)).failure_count(1),
        fragile().window(5).slow_call(secs(1)).slow_call_rate(1.0).min_calls(1),
    ] {
        let (breaker, clock) = on_clock(&settings);
        clock.advance(secs(1_000));
        let early = breaker.try_acquire().unwrap();
        clock.set_back(secs(500));
        // The clock went back during the call, so the call is not slow.
        early.report(Outcome::Success);
        assert_eq!(breaker.snapshot().totals.slow, 0);
        fail(&breaker);
        clock.set_back(secs(100));
        assert!(rejection(&breaker).retry_after().unwrap() <= secs(10));
        assert_eq!(breaker.state(), CircuitState::Open);
        assert!(breaker.snapshot().retry_after.unwrap() <= secs(10));
        clock.advance(secs(5_000));
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
}

#[test]
fn fm_c2_a_breaker_that_reads_different_times_on_many_threads_stays_consistent() {
    let settings = fragile().window(secs(5)).failure_rate(0.5).min_calls(2);
    let (breaker, clock) = on_clock(&settings);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..2_000 {
                    match round % 2 {
                        0 => clock.advance(secs(3)),
                        _ => clock.set_back(secs(2)),
                    }
                    if let Ok(permit) = breaker.try_acquire() {
                        permit.report([Outcome::Success, Outcome::Failure][round % 4 / 2]);
                    }
                    let snapshot = breaker.snapshot();
                    assert!(snapshot.retry_after.is_none_or(|wait| wait <= secs(30)));
                }
            });
        }
    });
    breaker.close();
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn fm_c4_a_machine_suspended_for_an_hour_wakes_to_one_probe() {
    #[circuit_breaker(name = "suspended", failure_threshold = 1, recovery_time = "10s")]
    async fn call(works: bool) -> Result<(), Fault> {
        works.then_some(()).ok_or(Fault::Down)
    }
    call(false).await.unwrap_err();
    advance(secs(3_600)).await;
    let breaker = registered("suspended");
    let probe = breaker.try_acquire().unwrap();
    assert!(matches!(call(true).await, Err(Fault::Open(_))));
    probe.report(Outcome::Success);
    call(true).await.unwrap();
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.transitions.half_opened, 1);
    assert_eq!(snapshot.transitions.closed, 1);
    assert_eq!(snapshot.recent.len(), 3);
}

#[test]
fn fm_c4_a_window_in_time_is_empty_after_an_hours_suspension() {
    let (breaker, clock) =
        on_clock(&fragile().failure_threshold(9).window(secs(60)).failure_count(3));
    fail(&breaker);
    fail(&breaker);
    clock.advance(secs(3_600));
    fail(&breaker);
    let window = breaker.snapshot().window.unwrap();
    assert_eq!((window.calls, window.failures), (1, 1));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn fm_c5_an_open_time_without_end_lasts_until_reset() {
    let (breaker, clock) = on_clock(&fragile().recovery_time(Duration::MAX).recovery_jitter(1.0));
    fail(&breaker);
    for _ in 0..3 {
        assert_eq!(rejection(&breaker).retry_after(), None);
        assert_eq!(breaker.snapshot().retry_after, None);
        clock.advance(secs(100 * 365 * 24 * 3_600));
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().recent[0].lasts, None);
    breaker.close();
    breaker.trip_for(Duration::MAX).unwrap();
    assert_eq!(rejection(&breaker).retry_after(), None);
    breaker.trip_for(secs(1)).unwrap();
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(1)));
}

#[tokio::test(start_paused = true)]
async fn fm_c5_a_retry_never_waits_for_an_open_time_without_end() {
    #[retry(when_open = wait, jitter = none)]
    #[circuit_breaker(name = "for ever", failure_threshold = 1, recovery_time = Duration::MAX)]
    async fn call() -> Result<(), Fault> {
        Err(Fault::Down)
    }
    let start = Instant::now();
    assert_eq!(call().await, Err(Fault::Down));
    assert!(matches!(call().await, Err(Fault::Open(_))));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[test]
fn fm_c5_no_other_longest_time_overflows() {
    let settings = fragile()
        .recovery_time(Duration::MAX)
        .max_recovery_time(Duration::MAX)
        .recovery_factor(f64::MAX)
        .probe_timeout(Duration::MAX)
        .window(Duration::MAX)
        .slow_call(Duration::MAX)
        .slow_call_rate(1.0);
    let (breaker, clock) = on_clock(&settings);
    for _ in 0..40 {
        succeed(&breaker);
        fail(&breaker);
        breaker.half_open().unwrap();
        let probe = breaker.try_acquire().unwrap();
        clock.advance(Duration::MAX);
        assert_eq!(rejection(&breaker).retry_after(), None, "the lease has no end");
        probe.report_after(Outcome::Failure, Duration::MAX);
        assert_eq!(breaker.state(), CircuitState::Open);
        breaker.close();
    }
    let policy = RetryPolicy::builder()
        .base_delay(Duration::MAX)
        .max_delay(Duration::MAX)
        .max_retry_after(Duration::MAX)
        .max_elapsed(secs(1))
        .jitter(Jitter::None);
    let call = policy.build().unwrap();
    let output = run(call.call().through(&breaker).run(async |_| Err::<(), _>(Fault::Down)));
    assert_eq!(output, Err(Fault::Down));
}

#[test]
fn fm_c6_an_open_time_of_zero_admits_the_next_call_and_one_probe_at_a_time() {
    let (breaker, _clock) = on_clock(&fragile().recovery_time(Duration::ZERO));
    for _ in 0..1_000 {
        fail(&breaker);
    }
    let probe = breaker.try_acquire().unwrap();
    assert_eq!(rejection(&breaker).state(), CircuitState::HalfOpen);
    drop(probe);
    let snapshot = breaker.snapshot();
    // Each failure opens the circuit, and the next call is admitted as a probe.
    assert_eq!(snapshot.transitions.opened, 1_000);
    assert_eq!(snapshot.transitions.half_opened, 1_000);
    assert_eq!(snapshot.totals.failure, 1_000);
}

#[test]
fn fm_c6_an_open_time_of_zero_is_over_also_where_the_clock_goes_back() {
    let (breaker, clock) = on_clock(&fragile().recovery_time(Duration::ZERO));
    clock.advance(secs(5));
    fail(&breaker);
    clock.set_back(secs(5));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    succeed(&breaker);
}

#[tokio::test(start_paused = true)]
async fn fm_c6_a_retry_that_waits_for_an_open_time_of_zero_does_not_spin() {
    #[retry(max_retries = 3, base_delay = "0s", when_open = wait)]
    #[circuit_breaker(name = "at once", failure_threshold = 1, recovery_time = "0s")]
    async fn call(calls: &mut u32) -> Result<(), Fault> {
        *calls += 1;
        Err(Fault::Down)
    }
    let mut calls = 0;
    call(&mut calls).await.unwrap_err();
    assert_eq!(calls, 4);
}

#[test]
fn fm_c7_five_hundred_and_eighty_four_years_saturate() {
    let config = fragile().slow_call(secs(1)).slow_call_rate(1.0).window(secs(60));
    let (breaker, clock) = on_clock(&config);
    let begun = breaker.try_acquire().unwrap();
    // `Duration::MAX` is longer than the nanoseconds that fit into 64 bits.
    clock.advance(Duration::MAX);
    begun.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.slow, 1);
    clock.advance(Duration::MAX);
    fail(&breaker);
    breaker.close();
    assert_eq!(breaker.snapshot().in_state.failure, 0);
    assert_eq!(breaker.snapshot().time_in_state.closed, Duration::from_nanos(u64::MAX));
}

/// Reads times near the last instant that the platform can represent.
struct EndOfTime(ManualClock);

impl Clock for EndOfTime {
    fn now(&self) -> std::time::Instant {
        let mut now = self.0.now();
        for step in (0..64).rev().map(|bit| secs(1 << bit)) {
            now = now.checked_add(step).unwrap_or(now);
        }
        now
    }
}

#[test]
fn fm_c7_at_the_last_instant_a_breaker_opens_permanently_and_nothing_overflows() {
    let config: BreakerConfig = fragile().window(secs(60)).failure_count(1).build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, EndOfTime(ManualClock::new()));
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(rejection(&breaker).retry_after(), None);
    breaker.half_open().unwrap();
    succeed(&breaker);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn fm_c1_outside_a_runtime_real_time_passes() {
    let breaker = breaker(&fragile().recovery_time(Duration::from_nanos(1)));
    let before = breaker.snapshot().at;
    fail(&breaker);
    while breaker.state() == CircuitState::Open {
        std::hint::spin_loop();
    }
    succeed(&breaker);
    assert!(breaker.snapshot().at > before);
}
