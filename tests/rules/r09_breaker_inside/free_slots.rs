//! Rule R9: each free probe slot wakes one waiting call.

use std::sync::Arc;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, RetryPolicy};
use resilient_testkit::{Fault, ms};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{advance, sleep};

use crate::support::circuit::waiting;
use crate::support::retry::{SECOND, build};

/// Returns a half-open breaker without a free slot, the permit of its probe, and permits of calls
/// that began before. Each of the old permits ends under the lock, because the breaker times calls.
macro_rules! half_open {
    ($breaker:ident, $probe:ident, $late:ident) => {
        let config = BreakerConfig::builder().window(10).slow_call(60 * SECOND);
        let config = config.slow_call_rate(1.0).recovery_time(10 * SECOND).build().unwrap();
        let $breaker = Arc::new(CircuitBreaker::new("dependency", config));
        let $late: Vec<_> = (0..4).map(|_| $breaker.try_acquire().unwrap()).collect();
        $breaker.trip().unwrap();
        advance(11 * SECOND).await;
        let $probe = $breaker.try_acquire().unwrap();
    };
}

/// Starts calls that wait for the circuit.
async fn start_waiting(breaker: &Arc<CircuitBreaker>) -> (JoinSet<()>, Vec<AbortHandle>) {
    let mut calls = JoinSet::new();
    let handles = (0..5).map(|_| {
        let (breaker, policy): (_, RetryPolicy) = (Arc::clone(breaker), build(&waiting()));
        calls.spawn(async move {
            let call = policy.call().through(&breaker);
            let _ = call
                .run(async |_| {
                    sleep(5 * SECOND).await;
                    Ok::<_, Fault>(())
                })
                .await;
        })
    });
    let handles = handles.collect();
    sleep(ms(1)).await;
    assert_eq!(breaker.snapshot().waiting, 5);
    (calls, handles)
}

#[tokio::test(start_paused = true)]
async fn r09_operations_that_free_no_slot_wake_no_further_call() {
    half_open!(breaker, probe, late);
    let (_calls, _) = start_waiting(&breaker).await;
    probe.report(Outcome::Ignored);
    assert_eq!(breaker.snapshot().waiting, 4);
    for permit in late {
        permit.report(Outcome::Success);
        assert_eq!(breaker.snapshot().waiting, 4);
    }
    sleep(SECOND).await;
    assert_eq!(breaker.snapshot().probes_in_flight, 1);
    assert_eq!(breaker.snapshot().waiting, 4);
}

#[tokio::test(start_paused = true)]
async fn r09_a_cancelled_call_leaves_its_slot_to_exactly_one_other_call() {
    half_open!(breaker, probe, late);
    let (_calls, handles) = start_waiting(&breaker).await;
    probe.report(Outcome::Ignored);
    for (cancelled, handle) in handles.into_iter().take(3).enumerate() {
        assert_eq!(breaker.snapshot().waiting, 4 - cancelled);
        handle.abort();
        sleep(Duration::ZERO).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(breaker.snapshot().waiting, 1);
    drop(late);
    assert_eq!(breaker.snapshot().waiting, 1);
}

#[tokio::test(start_paused = true)]
async fn r09_each_slot_that_becomes_free_again_wakes_one_call() {
    half_open!(breaker, probe, late);
    let (calls, _) = start_waiting(&breaker).await;
    probe.report(Outcome::Ignored);
    // A stranger takes the slot before the woken call does.
    let stranger = breaker.try_acquire().unwrap();
    assert_eq!(breaker.snapshot().waiting, 4);
    stranger.report(Outcome::Ignored);
    assert_eq!(breaker.snapshot().waiting, 3);
    drop(late);
    calls.join_all().await;
    assert_eq!(breaker.state(), CircuitState::Closed);
}
