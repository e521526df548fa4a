//! Rule R9: a call that waits for its circuit wakes when the circuit closes.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode};
use resilient::retries::{AttemptEnd, RetryDriver, StopReason, WhenOpen};
use resilient::time::ManualClock;
use resilient::{
    BreakerConfig, CircuitBreaker, Classification, Outcome, Registry, RetryPolicy, circuit_breaker,
    retry,
};
use resilient_testkit::{Fault, ms};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

use crate::support::circuit::waiting;
use crate::support::retry::{SECOND, breaker, build};

/// Starts `count` calls. Each task returns the time at which its call ended, and the result.
fn start_all(
    count: u32,
    breaker: &Arc<CircuitBreaker>,
    policy: &RetryPolicy,
) -> JoinSet<(Duration, Result<(), Fault>)> {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let (breaker, policy) = (Arc::clone(breaker), policy.clone());
        calls.spawn(async move {
            let result = policy.call().through(&breaker).run(async |_| Ok(())).await;
            (start.elapsed(), result)
        });
    }
    calls
}

/// Asserts that all calls succeeded. Returns the times at which they ended, sorted.
async fn ends(calls: JoinSet<(Duration, Result<(), Fault>)>) -> Vec<Duration> {
    let mut ends = Vec::new();
    for (end, result) in calls.join_all().await {
        assert_eq!(result, Ok(()), "after {end:?}");
        ends.push(end);
    }
    ends.sort();
    ends
}

#[retry(jitter = none, when_open = wait)]
#[circuit_breaker(breaker = breaker)]
async fn annotated(breaker: &CircuitBreaker, takes: Duration) -> Result<(), Fault> {
    sleep(takes).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn r09_ten_waiting_calls_go_on_as_soon_as_one_of_them_has_closed_the_circuit() {
    for annotates in [false, true] {
        let breaker = Arc::new(breaker(1));
        breaker.trip_for(20 * SECOND).unwrap();
        let (start, policy) = (Instant::now(), build(&waiting()));
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let (breaker, policy) = (Arc::clone(&breaker), policy.clone());
            calls.spawn(async move {
                let result = if annotates {
                    annotated(&breaker, ms(300)).await
                } else {
                    let call = policy.call().through(&breaker);
                    call.run(async |_| {
                        sleep(ms(300)).await;
                        Ok(())
                    })
                    .await
                };
                (start.elapsed(), result)
            });
        }

        let ends = ends(calls).await;

        // The probe begins at 20.1 s and closes the circuit at 20.4 s. The other calls then wait at
        // most 100 ms of jitter and take 300 ms.
        let mut expected = vec![ms(20_800); 10];
        expected[0] = ms(20_400);
        assert_eq!(ends, expected, "annotated: {annotates}");
        assert_eq!(breaker.snapshot().waiting, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn r09_every_command_that_lets_calls_through_wakes_the_waiting_calls() {
    let commands: [fn(&CircuitBreaker); 3] =
        [CircuitBreaker::close, CircuitBreaker::disable, CircuitBreaker::observe_only];
    for (number, command) in commands.iter().enumerate() {
        let breaker = Arc::new(breaker(1));
        breaker.trip().unwrap();
        let calls = start_all(5, &breaker, &build(&waiting()));
        sleep(3 * SECOND).await;
        assert_eq!(breaker.snapshot().waiting, 5);

        command(&breaker);

        assert_eq!(ends(calls).await, [ms(3_100); 5], "command {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn r09_neither_a_rejection_nor_a_query_nor_a_late_report_wakes_a_waiting_call() {
    let breaker = Arc::new(breaker(1));
    let late = breaker.try_acquire().unwrap();
    breaker.trip().unwrap();
    let calls = start_all(5, &breaker, &build(&waiting().max_retries(2)));
    sleep(SECOND).await;

    assert!(breaker.try_acquire().is_err());
    late.report(Outcome::Success);
    assert_eq!(breaker.snapshot().waiting, 5);

    // All calls wake when the open time ends. The first call is the probe and closes the circuit at
    // once.
    assert_eq!(ends(calls).await, [ms(10_100); 5]);
}

#[tokio::test(start_paused = true)]
async fn r09_an_override_that_disables_the_breaker_wakes_the_waiting_calls() {
    let registry = Registry::new();
    let breaker = Arc::new(breaker(1));
    registry.register(&breaker).unwrap();
    breaker.trip().unwrap();
    let calls = start_all(5, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    registry.override_breaker("inventory", OperatorMode::Disabled).unwrap();

    assert_eq!(ends(calls).await, [ms(1_100); 5]);
}

#[tokio::test(start_paused = true)]
async fn r09_a_breaker_that_left_its_registry_still_wakes_its_waiting_calls() {
    let registry = Registry::new();
    let breaker = Arc::new(breaker(1));
    registry.register(&breaker).unwrap();
    breaker.trip().unwrap();
    let calls = start_all(3, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    registry.unregister(&breaker);
    sleep(SECOND).await;
    assert_eq!(breaker.snapshot().waiting, 3, "the circuit is still open");
    breaker.close();

    assert_eq!(ends(calls).await, [ms(2_100); 3]);
}

#[tokio::test(start_paused = true)]
async fn r09_woken_calls_are_spread_by_the_first_delay() {
    let settings = RetryPolicy::builder().when_open(WhenOpen::Wait).base_delay(2 * SECOND);
    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    let calls = start_all(200, &breaker, &build(&settings));
    sleep(3 * SECOND).await;

    breaker.close();

    let ends = ends(calls).await;
    assert!(ends[0] >= ms(3_000) && ends[199] <= ms(5_001), "{ends:?}");
    assert!(ends[199].abs_diff(ends[0]) > ms(1_500), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn r09_a_circuit_that_is_forced_open_ends_the_waits() {
    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    let calls = start_all(3, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    breaker.force_open();

    for (end, result) in calls.join_all().await {
        let Err(Fault::Open(open)) = result else { panic!("{result:?}") };
        assert_eq!((end, open.state()), (ms(1_100), CircuitState::ForcedOpen));
    }
}

#[tokio::test(start_paused = true)]
async fn r09_after_a_failed_probe_the_wait_goes_on_until_the_new_end_of_the_open_time() {
    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    advance(10 * SECOND).await;
    let probe = breaker.try_acquire().unwrap();
    // The probe holds its slot for 30 s, so the breaker rejects the call, and the call waits.
    let calls = start_all(1, &breaker, &build(&waiting().max_retries(1)));
    sleep(SECOND).await;

    probe.report(Outcome::Failure);

    // The failed probe opens the circuit for ten more seconds. The call continues its wait and is
    // not rejected again.
    assert_eq!(ends(calls).await, [ms(11_100)]);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn r09_if_the_end_of_the_open_time_moves_the_waits_move_with_it() {
    let breaker = Arc::new(breaker(1));
    breaker.trip_for(3600 * SECOND).unwrap();
    let calls = start_all(1, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    breaker.trip_for(5 * SECOND).unwrap();

    assert_eq!(ends(calls).await, [ms(6_100)]);
}

#[tokio::test(start_paused = true)]
async fn r09_in_a_half_open_circuit_waiting_calls_are_probes_one_after_the_other() {
    let settings = BreakerConfig::builder().half_open_successes(3).recovery_time(10 * SECOND);
    let breaker = Arc::new(CircuitBreaker::new("inventory", settings.build().unwrap()));
    breaker.trip().unwrap();
    let calls = start_all(6, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    breaker.half_open().unwrap();

    let ends = ends(calls).await;
    assert_eq!(ends[..3], [1_100, 1_200, 1_300].map(ms), "a probe that ends wakes the next call");
    assert_eq!(ends[3..], [ms(1_400); 3], "the third success closes the circuit");
    assert_eq!(breaker.snapshot().totals.rejected, 6, "each call is rejected only once");
}

#[tokio::test(start_paused = true)]
async fn r09_a_probe_that_is_cancelled_wakes_the_next_waiting_call() {
    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    advance(10 * SECOND).await;
    let probe = breaker.try_acquire().unwrap();
    let calls = start_all(2, &breaker, &build(&waiting()));
    sleep(SECOND).await;

    drop(probe);

    assert_eq!(ends(calls).await, [1_100, 1_200].map(ms));
}

#[tokio::test(start_paused = true)]
async fn r11_a_cancelled_wait_leaves_nothing_behind_and_passes_its_wake_up_on() {
    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    let policy = build(&waiting());
    let mut first = Box::pin(policy.call().through(&breaker).run(async |_| Ok::<_, Fault>(())));
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let second = Box::pin(policy.call().through(&breaker).run(async |_| Ok::<_, Fault>(())));
    let calls = start_all(1, &breaker, &policy);
    sleep(SECOND).await;
    assert_eq!(breaker.snapshot().waiting, 2);
    drop(second);
    assert_eq!(breaker.snapshot().waiting, 2, "the dropped call was never polled");

    breaker.half_open().unwrap();
    assert_eq!(breaker.snapshot().waiting, 1, "the first call was woken");
    drop(first);

    assert_eq!(breaker.snapshot().waiting, 0, "the drop of the first call wakes the other one");
    assert_eq!(ends(calls).await, [ms(1_100)]);
}

#[tokio::test(start_paused = true)]
async fn r09_a_hint_is_a_floor_for_a_wait_that_ends_early() {
    let breaker = breaker(1);
    let start = Instant::now();
    let policy = build(&waiting());
    let call = policy.call().through(&breaker);
    let call = call.classify_with(|output: &Result<(), Fault>| {
        output.is_err().then_some(Classification::transient().after(5 * SECOND))
    });
    let call = call.run(async |attempt| if attempt.is_first() { Err(Fault::Busy) } else { Ok(()) });
    let operator = async {
        sleep(SECOND).await;
        breaker.close();
    };

    let (result, ()) = tokio::join!(call, operator);

    assert_eq!(result, Ok(()));
    assert_eq!(start.elapsed(), ms(5_100));
}

#[tokio::test(start_paused = true)]
async fn r09_a_loop_that_is_written_by_hand_also_wakes_early() {
    let breaker = breaker(1);
    let policy = build(&waiting());
    let mut driver = RetryDriver::start_async(&policy);
    breaker.trip().unwrap();
    let open = breaker.try_acquire().unwrap_err();
    let delay = driver.after(AttemptEnd::Rejected(&open), None).unwrap();
    assert_eq!(delay, ms(10_100));
    assert_eq!(driver.waits_in(), Some(CircuitState::Open));
    let start = Instant::now();
    let operator = async {
        sleep(SECOND).await;
        breaker.close();
    };

    tokio::join!(driver.sleep(delay, Some(&breaker)), operator);

    assert_eq!((start.elapsed(), driver.last_delay()), (ms(1_100), ms(1_100)));
    assert_eq!((driver.attempt_number(), driver.failed_attempts(), driver.waits()), (1, 0, 1));
}

/// Blocks until this many calls in other threads wait for the circuit.
fn await_waiting(breaker: &CircuitBreaker, count: usize) {
    while breaker.snapshot().waiting != count {
        std::thread::yield_now();
    }
}

#[test]
fn r09_plain_functions_wake_when_the_circuit_closes() {
    #[retry(base_delay = "0s", when_open = wait)]
    #[circuit_breaker(breaker = breaker)]
    fn plain(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Ok(())
    }

    // The breaker's clock stands still, so without `close` the calls would wait for an hour of real
    // time.
    let config = BreakerConfig::builder().recovery_time(3600 * SECOND).build().unwrap();
    let breaker = CircuitBreaker::with_clock("plain", config, ManualClock::new());
    breaker.trip().unwrap();
    std::thread::scope(|scope| {
        let calls = [(); 4].map(|()| scope.spawn(|| plain(&breaker)));
        await_waiting(&breaker, 4);

        breaker.close();

        for call in calls {
            assert_eq!(call.join().unwrap(), Ok(()));
        }
    });
    assert_eq!(breaker.snapshot().waiting, 0);
}

#[test]
fn r09_a_plain_function_that_waits_stops_when_the_circuit_is_forced_open() {
    let config = BreakerConfig::builder().recovery_time(3600 * SECOND).build().unwrap();
    let breaker = CircuitBreaker::with_clock("plain", config, ManualClock::new());
    let policy = build(&waiting().base_delay(Duration::ZERO));
    breaker.trip().unwrap();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let mut driver = RetryDriver::start(&policy);
            loop {
                let open = breaker.try_acquire().unwrap_err();
                match driver.after(AttemptEnd::Rejected(&open), None) {
                    Ok(delay) => driver.sleep_blocking(delay, Some(&breaker)),
                    Err(reason) => return (reason, driver.waits()),
                }
            }
        });
        await_waiting(&breaker, 1);

        breaker.force_open();

        assert_eq!(call.join().unwrap(), (StopReason::CircuitOpen, 1));
    });
}

#[tokio::test(start_paused = true)]
async fn r09_a_wait_that_was_polled_by_another_task_wakes_the_last_one() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let policy = build(&waiting());
    let mut call = pin!(policy.call().through(&breaker).run(async |_| Ok::<_, Fault>(())));
    let first = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&first));
    assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let start = Instant::now();
    let operator = async {
        sleep(SECOND).await;
        breaker.close();
    };

    let (result, ()) = tokio::join!(call, operator);

    assert_eq!((result, start.elapsed()), (Ok(()), ms(1_100)));
    assert!(!first.0.load(std::sync::atomic::Ordering::SeqCst), "the waker was replaced");
}

#[derive(Default)]
struct Woken(std::sync::atomic::AtomicBool);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn r09_a_waker_that_panics_harms_neither_the_closing_call_nor_other_waiting_calls() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("a waker of the test"));
        }
    }

    let breaker = Arc::new(breaker(1));
    breaker.trip().unwrap();
    let policy = build(&waiting());
    let mut call = Box::pin(policy.call().through(&breaker).run(async |_| Ok::<_, Fault>(())));
    let waker = Waker::from(Arc::new(Panics));
    assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let calls = start_all(3, &breaker, &policy);
    sleep(SECOND).await;

    breaker.close();

    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(ends(calls).await, [ms(1_100); 3]);
}
