//! Rule C2: calls under a policy, through a breaker.

use std::time::Duration;

use resilient::retries::{TimeLimit, WhenOpen};
use resilient::{CircuitBreaker, CircuitOpen, timeout};
use resilient_testkit::ms;
use tokio::time::{advance, sleep};

use super::{ABANDONED, FAILED, counts, hang, limited};
use crate::support::cuts::{Late, cut, never};
use crate::support::retry::{SECOND, at_once, breaker, build, exact};
use resilient::breaker::CircuitState;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn c02_a_host_that_hangs_opens_its_circuit() {
    let breaker = breaker(2);
    let result = build(&exact().max_retries(5))
        .call()
        .attempt_timeout(SECOND)
        .through(&breaker)
        .run(|_| never())
        .await;
    assert_eq!(cut(result), (TimeLimit::AttemptTimeout, 2, SECOND));
    assert_eq!(breaker.snapshot().totals.failure, 2);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn c02_a_host_that_hangs_opens_its_circuit_whatever_the_limits_are() {
    let limits = [
        (Some(SECOND), None),
        (None, Some(SECOND)),
        (Some(SECOND), Some(MINUTE)),
        (Some(SECOND), Some(3 * SECOND)),
        (Some(SECOND), Some(SECOND)),
        (Some(3 * SECOND), Some(SECOND)),
        (Some(SECOND), Some(Duration::MAX)),
        (Some(Duration::MAX), Some(SECOND)),
        // These limits are shorter than a tick of a timer, which is a millisecond.
        (Some(Duration::from_micros(300)), Some(Duration::from_micros(500))),
        (Some(Duration::from_micros(300)), Some(Duration::from_micros(300))),
        (Some(Duration::from_nanos(1)), Some(SECOND)),
        (Some(Duration::ZERO), Some(SECOND)),
    ];
    for (deadline, attempt_timeout) in limits {
        let (policy, breaker) = (at_once(0), breaker(3));
        for _ in 0..10 {
            let call = limited(&policy, deadline, attempt_timeout).through(&breaker);
            assert!(call.run(|_| never()).await.is_err());
        }
        let state = breaker.state();
        assert_eq!(state, CircuitState::Open, "{deadline:?}, {attempt_timeout:?}");
        assert_eq!(counts(&breaker), (3, 0), "{deadline:?}, {attempt_timeout:?}");
    }
}

/// Makes a call with a deadline of one second. The first attempt fails after `first`, and the
/// second attempt hangs. Returns the counts of failed and abandoned attempts, without the first
/// attempt.
async fn hang_second(
    first: Duration,
    delay: Duration,
    attempt_timeout: Option<Duration>,
) -> (u64, u64) {
    let (policy, breaker) = (build(&exact().max_retries(1).base_delay(delay)), breaker(5));
    let call = limited(&policy, SECOND, attempt_timeout).through(&breaker);
    let result = call.run(async |attempt| {
        if attempt.is_first() {
            sleep(first).await;
            return Err(Late::Down);
        }
        never().await
    });
    let (limit, attempts, _) = cut(result.await);
    assert_eq!((limit, attempts), (TimeLimit::Deadline, 2));
    let (failures, abandoned) = counts(&breaker);
    (failures - 1, abandoned)
}

#[tokio::test(start_paused = true)]
async fn c02_a_cut_of_the_second_attempt_is_a_failure_if_it_ran_as_long_as_its_own_limit() {
    assert_eq!(hang_second(ms(400), ms(0), Some(ms(600))).await, FAILED, "as long as its limit");
    assert_eq!(hang_second(ms(0), ms(900), Some(ms(100))).await, FAILED, "100 of 100 ms");
    assert_eq!(hang_second(ms(700), ms(0), Some(ms(900))).await, ABANDONED, "300 ms of 900 ms");
    assert_eq!(hang_second(ms(0), ms(0), Some(SECOND)).await, FAILED, "the whole second");
    assert_eq!(hang_second(ms(10), ms(0), Some(SECOND)).await, ABANDONED, "990 ms of a second");
}

#[tokio::test(start_paused = true)]
async fn c02_a_cut_of_an_attempt_without_a_limit_is_a_failure_unless_the_call_mostly_waited() {
    for no_limit in [None, Some(Duration::MAX)] {
        assert_eq!(hang_second(ms(700), ms(0), no_limit).await, FAILED, "no wait");
        assert_eq!(hang_second(ms(100), ms(500), no_limit).await, FAILED, "waited for half");
        assert_eq!(hang_second(ms(0), ms(501), no_limit).await, ABANDONED, "waited for more");
        assert_eq!(hang_second(ms(0), ms(999), no_limit).await, ABANDONED, "nearly all");
    }
}

#[tokio::test(start_paused = true)]
async fn c02_a_wait_for_the_circuit_counts_as_waiting() {
    for (attempt_timeout, counted) in
        [(None, ABANDONED), (Some(MINUTE), ABANDONED), (Some(SECOND), FAILED)]
    {
        let breaker = breaker(5);
        breaker.trip_for(9 * SECOND).unwrap();
        let policy = build(&exact().base_delay(ms(0)).when_open(WhenOpen::Wait).max_retries(1));
        let call = limited(&policy, 10 * SECOND, attempt_timeout).through(&breaker);
        assert_eq!(cut(call.run(|_| never()).await).0, TimeLimit::Deadline);
        assert_eq!(counts(&breaker), counted, "{attempt_timeout:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn c02_a_probe_that_hangs_opens_the_circuit_again_and_keeps_no_slot() {
    for attempt_timeout in [None, Some(SECOND), Some(MINUTE)] {
        let (policy, breaker) = (at_once(0), breaker(1));
        breaker.trip().unwrap();
        for round in 1..=3 {
            advance(10 * SECOND).await;
            assert_eq!(breaker.state(), CircuitState::HalfOpen);
            let call = limited(&policy, SECOND, attempt_timeout).through(&breaker);
            assert!(call.run(|_| never()).await.is_err());
            assert_eq!(breaker.state(), CircuitState::Open, "{attempt_timeout:?}");
            assert_eq!(counts(&breaker), (round, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn c02_a_probe_of_a_hurried_caller_frees_its_slot() {
    let (policy, breaker) = (at_once(0), breaker(1));
    breaker.trip_for(ms(1)).unwrap();
    advance(ms(1)).await;
    let hurried =
        async |_| limited(&policy, MINUTE, SECOND).through(&breaker).run(|_| never()).await;
    assert!(policy.call().deadline(ms(5)).run(hurried).await.is_err());
    assert_eq!(counts(&breaker), ABANDONED);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    let call = policy.call().through(&breaker).run(async |_| Ok::<_, Late>(()));
    assert_eq!(call.await, Ok(()));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn c02_an_output_that_is_an_option_counts_like_an_error() {
    let (policy, breaker) = (at_once(0), breaker(1));
    let call = policy.call().deadline(SECOND).attempt_timeout(MINUTE).through(&breaker);
    assert_eq!(call.run(|_| std::future::pending::<Option<()>>()).await, None);
    assert_eq!(counts(&breaker), FAILED);
}

#[tokio::test(start_paused = true)]
async fn c02_if_a_timer_fires_late_the_real_time_of_the_attempt_counts() {
    let (policy, breaker) = (at_once(1), breaker(5));
    let call = limited(&policy, 2 * SECOND, 2 * SECOND).through(&breaker);
    let result = call.run(async |attempt| {
        if attempt.is_first() {
            sleep(SECOND).await;
            return Err(Late::Down);
        }
        // The timer fires late, as on a busy thread. By then, the attempt has exceeded its own
        // limit.
        advance(3 * SECOND).await;
        never().await
    });
    assert!(result.await.is_err());
    assert_eq!(counts(&breaker), (2, 0));
}

#[timeout(limit)]
async fn timed(limit: Duration) -> Result<(), Late> {
    never().await
}

#[tokio::test(start_paused = true)]
async fn c02_a_limit_inside_a_call_of_a_breaker_is_a_failure() {
    let breaker = breaker(3);
    for _ in 0..3 {
        let result = breaker.call(async || timed(SECOND).await).await;
        assert_eq!(cut(result).0, TimeLimit::Timeout);
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(counts(&breaker), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn c02_a_limit_around_a_call_of_a_breaker_abandons_it() {
    async fn call(breaker: &CircuitBreaker) -> Result<(), Late> {
        breaker.call(async || never().await).await
    }
    #[timeout("1s")]
    async fn around(breaker: &CircuitBreaker) -> Result<(), Late> {
        call(breaker).await
    }
    let breaker = breaker(1);
    assert!(at_once(0).call().deadline(SECOND).run(|_| call(&breaker)).await.is_err());
    assert!(at_once(0).call().attempt_timeout(SECOND).run(|_| call(&breaker)).await.is_err());
    assert!(around(&breaker).await.is_err());
    assert_eq!(counts(&breaker), (0, 3));
    assert_eq!(breaker.try_acquire().err(), None::<CircuitOpen>);
}

#[tokio::test(start_paused = true)]
async fn c02_one_hanging_call_is_counted_once() {
    assert_eq!(hang(SECOND, None).await, FAILED);
    assert_eq!(hang(SECOND, 2 * SECOND).await, FAILED);
}
