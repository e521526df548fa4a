//! Rule C2: a call may inherit the deadline of an outer call. If the inherited deadline ends the
//! call early, the call is abandoned, and the dependency is not at fault.

use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{CircuitBreaker, circuit_breaker, retry, timeout};
use resilient_testkit::ms;
use tokio::time::advance;

use super::{ABANDONED, FAILED, counts, limited};
use crate::support::cuts::{Late, cut, never};
use crate::support::retry::{SECOND, at_once, breaker};

/// Makes a call that hangs inside an outer call with the deadline `outer`. The inner call starts
/// `late` after the outer call and has the other two limits. Returns the counts of failed and
/// abandoned attempts.
async fn nested(
    outer: Duration,
    late: Duration,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
) -> (u64, u64) {
    let (policy, breaker) = (at_once(0), breaker(5));
    let result = policy.call().deadline(outer).run(async |_| {
        advance(late).await;
        limited(&policy, deadline, attempt_timeout).through(&breaker).run(|_| never()).await
    });
    assert!(result.await.is_err());
    counts(&breaker)
}

#[tokio::test(start_paused = true)]
async fn c02_an_inherited_deadline_is_a_failure_only_of_an_attempt_that_ran_as_long_as_its_limit() {
    let (tiny, none) = (ms(5), Duration::ZERO);
    let (short, long) = (Some(tiny), Some(SECOND));
    assert_eq!(nested(tiny, none, long, None).await, ABANDONED);
    assert_eq!(nested(tiny, none, long, long).await, ABANDONED);
    assert_eq!(nested(tiny, none, None, long).await, ABANDONED);
    assert_eq!(nested(tiny, none, None, Some(Duration::MAX)).await, ABANDONED);
    assert_eq!(nested(tiny, none, long, Some(ms(4))).await, FAILED, "its own limit ends first");
    assert_eq!(nested(tiny, none, long, short).await, FAILED, "both end at once");
    assert_eq!(nested(tiny, none, None, short).await, FAILED, "both end at once");
    assert_eq!(nested(tiny, none, short, None).await, FAILED, "the call had its whole deadline");
    assert_eq!(nested(tiny, none, short, long).await, FAILED, "the call had its whole deadline");
}

#[tokio::test(start_paused = true)]
async fn c02_limits_that_end_within_a_tick_of_each_other_end_at_once() {
    let (equal, micros) = (Some(SECOND), Duration::from_micros);
    assert_eq!(nested(SECOND, micros(900), equal, None).await, FAILED);
    assert_eq!(nested(SECOND, micros(900), None, equal).await, FAILED);
    assert_eq!(nested(SECOND, ms(3), equal, None).await, ABANDONED);
    assert_eq!(nested(SECOND, ms(3), None, equal).await, ABANDONED);
    // If a limit is shorter than a tick, an attempt is a failure only if it ran for at least half
    // of the limit.
    let tiny = Some(micros(500));
    assert_eq!(nested(Duration::ZERO, Duration::ZERO, tiny, Some(SECOND)).await, ABANDONED);
}

#[tokio::test(start_paused = true)]
async fn c02_a_thousand_callers_with_tiny_deadlines_do_not_open_a_circuit() {
    let (policy, breaker) = (at_once(0), breaker(3));
    for _ in 0..1_000 {
        let outer = policy.call().deadline(ms(1));
        let inner =
            async |_| limited(&policy, SECOND, SECOND).through(&breaker).run(|_| never()).await;
        assert_eq!(cut(outer.run(inner).await).0, TimeLimit::Deadline);
    }
    assert_eq!(counts(&breaker), (0, 1_000));
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test(start_paused = true)]
async fn c02_a_limit_of_an_attempt_or_of_a_timeout_around_the_call_is_inherited_too() {
    #[timeout("5ms")]
    async fn around(breaker: &CircuitBreaker) -> Result<(), Late> {
        limited(&at_once(0), SECOND, None).through(breaker).run(|_| never()).await
    }
    let breaker = breaker(1);
    assert!(around(&breaker).await.is_err());
    assert_eq!(counts(&breaker), ABANDONED);
    let outer = at_once(0);
    let outer = outer.call().attempt_timeout(ms(5)).run(|_| around(&breaker));
    assert!(outer.await.is_err());
    assert_eq!(counts(&breaker), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn c02_the_earliest_of_three_deadlines_is_inherited() {
    let (policy, breaker) = (at_once(0), breaker(1));
    let result = policy.call().deadline(ms(5)).run(async |_| {
        let middle =
            async |_| limited(&policy, SECOND, None).through(&breaker).run(|_| never()).await;
        policy.call().deadline(2 * SECOND).run(middle).await
    });
    assert!(result.await.is_err());
    assert_eq!(counts(&breaker), ABANDONED);
}

#[circuit_breaker(breaker = breaker, order = explicit)]
#[retry(deadline = deadline, attempt_timeout = "2s", max_retries = 0)]
async fn around_the_loop(breaker: &CircuitBreaker, deadline: Duration) -> Result<(), Late> {
    never().await
}

#[tokio::test(start_paused = true)]
async fn c02_a_breaker_around_the_loop_counts_the_deadline_of_the_loop_but_not_of_a_caller() {
    let breaker = breaker(5);
    assert!(around_the_loop(&breaker, SECOND).await.is_err());
    assert_eq!(counts(&breaker), FAILED);
    let outer = at_once(0);
    let hurried = outer.call().deadline(ms(5)).run(|_| around_the_loop(&breaker, SECOND));
    assert!(hurried.await.is_err());
    assert_eq!(counts(&breaker), (1, 1));
    let outer = at_once(0);
    let enough = outer.call().deadline(2 * SECOND).run(|_| around_the_loop(&breaker, 3 * SECOND));
    assert!(enough.await.is_err());
    assert_eq!(counts(&breaker), (2, 1), "the attempt ran as long as its own limit");
}

#[circuit_breaker(breaker = breaker, order = explicit)]
#[retry(deadline = "1s", attempt_timeout = "900ms", max_retries = 1, base_delay = "0s")]
async fn twice_around_the_loop(breaker: &CircuitBreaker) -> Result<(), Late> {
    never().await
}

#[tokio::test(start_paused = true)]
async fn c02_to_a_breaker_around_the_loop_a_cut_of_a_later_attempt_is_a_failure() {
    let breaker = breaker(5);
    assert_eq!(cut(twice_around_the_loop(&breaker).await).0, TimeLimit::Deadline);
    assert_eq!(counts(&breaker), FAILED);
}
