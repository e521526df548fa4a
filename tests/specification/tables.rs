//! The library passes the tables UT-1 to UT-12 and the tasks T-1 and T-2. The tests of the
//! attributes cover UT-13 and T-3.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::breaker::{CallCounts, TransitionCounts, TransitionReason};
use resilient::retries::Jitter;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, RetryPolicy};
use tokio::time::{Instant, advance};

use crate::support::*;

#[test]
fn ut_01_a_new_breaker_is_closed_with_all_counters_at_zero() {
    let breaker = CircuitBreaker::default();

    let snapshot = breaker.snapshot();

    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(snapshot.name, "default");
    assert_eq!(snapshot.totals, CallCounts::default());
    assert_eq!(snapshot.transitions, TransitionCounts::default());
    assert_eq!((snapshot.consecutive_failures, snapshot.probes_in_flight), (0, 0));
    assert!(snapshot.recent.is_empty());
}

#[tokio::test(start_paused = true)]
async fn ut_01_the_defaults_are_five_failures_half_a_minute_and_one_probe() {
    let breaker = CircuitBreaker::default();

    for _ in 0..4 {
        fail(&breaker).await.unwrap_err();
    }
    assert_eq!(breaker.state(), CircuitState::Closed, "after four failures");
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open, "after five");

    advance(Duration::new(29, 999_999_999)).await;
    assert_eq!(breaker.state(), CircuitState::Open, "just before the recovery time ends");
    advance(Duration::from_nanos(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);

    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err(), "one probe at a time");
    probe.report(Outcome::Success);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test]
async fn ut_02_failures_up_to_the_threshold_open_the_circuit_which_then_rejects() {
    let breaker = opens_after(2);
    let mut executions = 0;

    assert_eq!(fail(&breaker).await, Err(ClientError::Unavailable(1)));
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(fail(&breaker).await, Err(ClientError::Unavailable(1)));
    assert_eq!(breaker.state(), CircuitState::Open);
    let rejected: Result<(), ClientError> = breaker
        .call(async || {
            executions += 1;
            Ok(())
        })
        .await;

    assert!(matches!(rejected, Err(ClientError::Open(_))));
    assert_eq!(executions, 0, "a rejected call is not made");
}

#[tokio::test(start_paused = true)]
async fn ut_03_after_the_recovery_time_the_circuit_is_half_open_and_admits_a_call() {
    let breaker = opens_after(1);
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Open);

    advance(30 * SECOND).await;

    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn ut_04_a_success_while_half_open_closes_the_circuit() {
    let breaker = opens_after(3);
    for _ in 0..3 {
        fail(&breaker).await.unwrap_err();
    }
    advance(30 * SECOND).await;

    succeed(&breaker).await.unwrap();

    assert_eq!(breaker.state(), CircuitState::Closed);
    for _ in 0..2 {
        fail(&breaker).await.unwrap_err();
    }
    assert_eq!(breaker.state(), CircuitState::Closed, "the success ended the streak");
}

#[tokio::test(start_paused = true)]
async fn ut_05_a_failure_while_half_open_opens_the_circuit_again() {
    let breaker = opens_after(3);
    for _ in 0..3 {
        fail(&breaker).await.unwrap_err();
    }
    advance(30 * SECOND).await;

    fail(&breaker).await.unwrap_err();

    assert_eq!(breaker.state(), CircuitState::Open);
    advance(29 * SECOND).await;
    assert_eq!(breaker.state(), CircuitState::Open, "the recovery time begins again");
    advance(SECOND).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[tokio::test]
async fn ut_06_excluded_errors_do_not_count_towards_the_threshold() {
    let breaker = opens_after(2);

    for _ in 0..100 {
        let result: Result<(), _> =
            breaker.call_classified(async || Err(ClientError::BadInput)).await;
        assert_eq!(result, Err(ClientError::BadInput));
    }

    assert_eq!(breaker.state(), CircuitState::Closed);
    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.consecutive_failures, 0);
    assert_eq!((snapshot.totals.ignored, snapshot.totals.failure), (100, 0));
}

#[tokio::test]
async fn ut_06_an_excluded_error_does_not_end_a_streak_of_failures_either() {
    let breaker = opens_after(2);

    fail(&breaker).await.unwrap_err();
    report(&breaker, Outcome::Ignored);
    fail(&breaker).await.unwrap_err();

    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn ut_07_metrics_count_successes_failures_and_rejections_and_keep_the_transitions() {
    let breaker = opens_after(2);
    let opened_at = Instant::now() + SECOND;

    for _ in 0..7 {
        succeed(&breaker).await.unwrap();
    }
    report(&breaker, Outcome::Ignored);
    fail(&breaker).await.unwrap_err();
    advance(SECOND).await;
    fail(&breaker).await.unwrap_err();
    for _ in 0..3 {
        succeed(&breaker).await.unwrap_err();
    }

    let snapshot = breaker.snapshot();
    let totals = snapshot.totals;
    assert_eq!((totals.success, totals.failure), (7, 2));
    assert_eq!((totals.ignored, totals.rejected), (1, 3));
    assert_eq!((totals.abandoned, totals.late), (0, 0));
    assert_eq!(snapshot.in_state.rejected, 3);
    assert_eq!(snapshot.in_state.success, 0, "the state that began then");
    assert_eq!(snapshot.transitions.opened, 1);
    let [opening] = &snapshot.recent[..] else {
        panic!("one transition, not {:?}", snapshot.recent);
    };
    assert_eq!((opening.from, opening.to), (CircuitState::Closed, CircuitState::Open));
    assert_eq!(opening.reason, TransitionReason::FailureThreshold);
    assert_eq!(opening.at, opened_at.into_std());
}

#[tokio::test(start_paused = true)]
async fn ut_08_a_function_that_fails_twice_is_called_three_times_and_its_result_returned() {
    let mut executions = 0;

    let result: Result<&str, ClientError> = policy(&exact())
        .call()
        .run(|_| {
            executions += 1;
            async move {
                if executions < 3 {
                    Err(ClientError::Unavailable(executions))
                } else {
                    Ok("success")
                }
            }
        })
        .await;

    assert_eq!(result, Ok("success"));
    assert_eq!(executions, 3);
}

#[tokio::test(start_paused = true)]
async fn ut_09_with_three_retries_there_are_four_calls_and_the_last_error_is_returned() {
    let mut executions = 0;

    let result: Result<(), ClientError> = policy(&exact().max_retries(3))
        .call()
        .run(|_| {
            executions += 1;
            async move { Err(ClientError::Unavailable(executions)) }
        })
        .await;

    assert_eq!(result, Err(ClientError::Unavailable(4)));
    assert_eq!(executions, 4);
}

#[tokio::test(start_paused = true)]
async fn ut_10_an_excluded_error_is_not_retried_and_returned_at_once() {
    let start = Instant::now();
    let mut executions = 0;

    let result: Result<(), ClientError> = policy(&exact())
        .call()
        .classified()
        .run(|_| {
            executions += 1;
            async { Err(ClientError::BadInput) }
        })
        .await;

    assert_eq!((result, executions), (Err(ClientError::BadInput), 1));
    assert!(start.elapsed().is_zero());
}

/// Makes a call whose attempts all fail. Returns the delays between the attempts in milliseconds.
async fn delays_in_ms(policy: &RetryPolicy) -> Vec<u128> {
    let mut before = Instant::now();
    let mut delays = Vec::new();
    let _: Option<()> = policy
        .call()
        .run(|attempt| {
            if !attempt.is_first() {
                delays.push(before.elapsed().as_millis());
            }
            before = Instant::now();
            async { None }
        })
        .await;
    delays
}

#[tokio::test(start_paused = true)]
async fn ut_11_delays_double_up_to_the_cap() {
    let doubling = policy(&exact().max_retries(8));
    let tripling = policy(&exact().backoff_factor(3.0).max_delay(20 * SECOND));

    let doubling = delays_in_ms(&doubling).await;
    let tripling = delays_in_ms(&tripling).await;

    let expected = [1, 2, 4, 8, 16, 32, 60, 60].map(|seconds| seconds * 1_000);
    assert_eq!(doubling, expected);
    assert_eq!(tripling, [1_000, 3_000, 9_000]);
}

#[tokio::test(start_paused = true)]
async fn ut_12_jitter_spreads_each_delay_within_its_range() {
    let nominal: [u128; 3] = [1_000, 2_000, 4_000];
    let mut all = Vec::new();
    for seed in 0..100 {
        let settings = exact().jitter(Jitter::Proportional(0.2)).seed(seed);

        let delays = delays_in_ms(&policy(&settings)).await;

        for (delay, nominal) in delays.iter().zip(nominal) {
            // tokio's timer rounds up to a millisecond.
            let range = nominal * 8 / 10..=nominal * 12 / 10 + 1;
            assert!(range.contains(delay), "{delay} ms for {nominal} ms");
        }
        all.push(delays[0]);
    }
    let (shortest, longest) = (all.iter().min(), all.iter().max());
    assert!(shortest < Some(&850) && longest > Some(&1_150), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn t_1_a_breaker_has_metrics_states_to_set_by_hand_and_excluded_errors() {
    let breaker = opens_after(1);

    breaker.force_open();
    assert!(succeed(&breaker).await.is_err());
    breaker.disable();
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Disabled, "failures change nothing");
    breaker.close();
    let _: Result<(), _> = breaker.call_classified(async || Err(ClientError::NotFound)).await;
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    breaker.close();

    let snapshot = breaker.snapshot();
    assert_eq!(snapshot.state, CircuitState::Closed);
    assert_eq!((snapshot.totals.success, snapshot.totals.failure), (1, 0));
    assert_eq!(snapshot.totals.rejected, 1);
    let steps: Vec<_> = snapshot.recent.iter().map(|step| step.to).collect();
    assert_eq!(
        steps,
        [
            CircuitState::ForcedOpen,
            CircuitState::Disabled,
            CircuitState::Closed,
            CircuitState::Open,
            CircuitState::HalfOpen,
            CircuitState::Closed
        ]
    );
}

#[test]
fn t_1_a_setting_of_a_breaker_that_is_out_of_range_is_named() {
    let settings = || BreakerConfig::builder();
    let cases = [
        ("failure_threshold", settings().failure_threshold(0)),
        ("half_open_max_calls", settings().half_open_max_calls(0)),
        ("half_open_successes", settings().half_open_successes(0)),
        ("recovery_factor", settings().recovery_factor(0.5)),
        ("recovery_jitter", settings().recovery_jitter(1.5)),
        ("max_recovery_time", settings().max_recovery_time(SECOND)),
    ];
    for (field, settings) in cases {
        let error = settings.build().unwrap_err();

        assert_eq!(error.field(), field);
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn t_2_a_policy_has_options_for_number_delay_growth_cap_jitter_and_time() {
    let settings = RetryPolicy::builder()
        .max_attempts(6)
        .base_delay(SECOND / 2)
        .backoff_factor(4.0)
        .max_delay(5 * SECOND)
        .jitter(Jitter::None)
        .max_elapsed(13 * SECOND);

    let delays = delays_in_ms(&policy(&settings)).await;

    // The fourth delay ends at 12.5 s. A fifth delay would end after the limit of 13 s, so the call
    // stops.
    assert_eq!(delays, [500, 2_000, 5_000, 5_000]);
}

#[tokio::test(start_paused = true)]
async fn t_2_each_error_is_handled_by_its_classification() {
    let start = Instant::now();
    let mut errors =
        vec![ClientError::BadInput, ClientError::TooMany(10 * SECOND), ClientError::Unavailable(1)];

    let result: Result<(), ClientError> = policy(&exact().max_retries(9))
        .call()
        .classified()
        .run(|_| {
            let error = errors.pop().expect("the bad input ended it");
            async { Err(error) }
        })
        .await;

    assert_eq!(result, Err(ClientError::BadInput));
    assert!(errors.is_empty());
    // The first delay is one second. The second delay is the hint of ten seconds plus one second.
    assert_eq!(start.elapsed(), 12 * SECOND);
}
