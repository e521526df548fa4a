//! Rule R6: time limits cut attempts and calls short.

use resilient_testkit::ms;
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{BreakerConfig, CircuitBreaker};
use tokio::time::Instant;

use crate::support::cuts::{Late, cut, never};
use crate::support::retry::{SECOND, at_once, build, exact};

#[tokio::test(start_paused = true)]
async fn r06_an_attempt_beyond_its_timeout_is_cancelled_and_tried_again() {
    let policy = build(&exact().max_retries(2));
    let start = Instant::now();
    let mut attempts = 0;

    let result = policy
        .call()
        .attempt_timeout(SECOND)
        .run(|_| {
            attempts += 1;
            never()
        })
        .await;

    assert_eq!(cut(result), (TimeLimit::AttemptTimeout, 3, SECOND));
    assert_eq!(attempts, 3);
    assert_eq!(start.elapsed(), 3 * SECOND + ms(100) + ms(200));
}

#[tokio::test(start_paused = true)]
async fn r06_a_call_that_must_not_repeat_timed_out_attempts_ends_with_the_first_one() {
    let breaker = CircuitBreaker::new("r06 timed out", BreakerConfig::default());
    let mut attempts = 0;

    let result = at_once(3)
        .call()
        .attempt_timeout(SECOND)
        .retry_timed_out(false)
        .through(&breaker)
        .run(|_| {
            attempts += 1;
            never()
        })
        .await;

    assert_eq!(cut(result), (TimeLimit::AttemptTimeout, 1, SECOND));
    assert_eq!((attempts, breaker.snapshot().totals.failure), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn r06_a_timeout_does_not_affect_an_attempt_within_it() {
    let start = Instant::now();
    let result = at_once(3)
        .call()
        .attempt_timeout(SECOND)
        .run(async |_| {
            tokio::time::sleep(ms(999)).await;
            Ok::<_, Late>(start.elapsed())
        })
        .await;
    assert_eq!(result, Ok(ms(999)));
}

#[tokio::test(start_paused = true)]
async fn r06_an_output_that_is_ready_at_the_limit_is_not_late() {
    let result = at_once(0)
        .call()
        .attempt_timeout(SECOND)
        .run(async |_| {
            tokio::time::sleep(SECOND).await;
            Ok::<_, Late>("just in time")
        })
        .await;
    assert_eq!(result, Ok("just in time"));
}

#[tokio::test(start_paused = true)]
async fn r06_the_deadline_cancels_the_attempt_that_runs() {
    let start = Instant::now();
    let result = at_once(3).call().deadline(SECOND).run(|_| never()).await;
    assert_eq!(cut(result), (TimeLimit::Deadline, 1, SECOND));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn r06_the_deadline_counts_from_the_start_of_the_call_and_over_all_attempts() {
    let policy = build(&exact());
    let start = Instant::now();

    let result = policy
        .call()
        .deadline(SECOND)
        .run(async |_| {
            tokio::time::sleep(ms(300)).await;
            Err::<(), _>(Late::Down)
        })
        .await;

    // Two attempts of 300 ms and delays of 100 and 200 ms leave 100 ms for the third attempt.
    assert_eq!(cut(result), (TimeLimit::Deadline, 3, SECOND));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn r06_a_sleep_that_would_cross_the_deadline_is_not_begun() {
    let start = Instant::now();
    let result = build(&exact().base_delay(SECOND))
        .call()
        .deadline(SECOND)
        .run(async |_| Err::<(), _>(Late::Down))
        .await;
    assert_eq!(result, Err(Late::Down), "the error of the attempt");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn r06_of_two_limits_that_end_at_once_the_deadline_ends_the_call() {
    let result = at_once(3).call().deadline(SECOND).attempt_timeout(SECOND).run(|_| never()).await;
    assert_eq!(cut(result), (TimeLimit::Deadline, 1, SECOND));
}

#[tokio::test(start_paused = true)]
async fn r06_the_longest_duration_is_no_limit() {
    let result = at_once(0)
        .call()
        .deadline(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .run(async |_| {
            tokio::time::sleep(86_400 * SECOND).await;
            Ok::<_, Late>(())
        })
        .await;
    assert_eq!(result, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn r06_an_outer_deadline_bounds_the_loops_inside_it() {
    let inner = build(&exact().base_delay(SECOND));
    let outer = at_once(0);
    let start = Instant::now();
    let inner_result = Cell::new(None);

    let result = outer
        .call()
        .deadline(2 * SECOND)
        .run(async |_| {
            inner_result.set(Some(inner.call().run(async |_| Err::<(), _>("down")).await));
            Err::<(), _>(Late::Down)
        })
        .await;

    // The inner loop waits once, for one second. Another wait would end at three seconds, after the
    // outer deadline, so the inner loop stops.
    assert_eq!(inner_result.into_inner(), Some(Err("down")));
    assert_eq!(result, Err(Late::Down));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn r06_an_inner_deadline_beyond_the_outer_one_does_not_extend_it() {
    let start = Instant::now();
    let inner_result = Cell::new(None);
    let result = at_once(0)
        .call()
        .deadline(5 * SECOND)
        .run(async |_| {
            let long = at_once(3);
            let call = long.call().deadline(60 * SECOND);
            inner_result.set(Some(call.run(|_| never()).await));
            Err::<(), _>(Late::Down)
        })
        .await;
    assert_eq!(start.elapsed(), 5 * SECOND);
    // The call that set the deadline ends the inner call, which therefore has no result.
    assert!(inner_result.into_inner().is_none());
    assert_eq!(cut(result), (TimeLimit::Deadline, 1, 5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn r06_an_outer_deadline_ends_with_its_call() {
    let _ = at_once(0).call().deadline(SECOND).run(async |_| Ok::<_, Late>(())).await;
    let start = Instant::now();
    let result = build(&exact().base_delay(10 * SECOND).max_retries(1))
        .call()
        .run(async |_| Err::<(), _>(()))
        .await;
    assert_eq!(result, Err(()));
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn r06_a_future_that_never_waits_is_cut_at_its_limit() {
    let result = at_once(0)
        .call()
        .attempt_timeout(ms(10))
        .run(async |_| {
            // This loop never waits for an event or a timer. It only advances the time and consumes
            // the budget that tokio gives to each task.
            loop {
                tokio::task::coop::consume_budget().await;
                tokio::time::advance(ms(1)).await;
            }
            #[expect(unreachable_code, reason = "names the type of the output")]
            Ok::<(), Late>(())
        })
        .await;
    assert_eq!(cut(result).0, TimeLimit::AttemptTimeout);
}

#[test]
fn r06_without_timers_a_limited_call_is_not_made() {
    for enabled in [true, false] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut calls = 0;
        let policy = at_once(3);
        let call = policy.call().attempt_timeout(SECOND).run(|_| {
            calls += 1;
            async { Ok::<(), Late>(()) }
        });
        // In the first case, the runtime has no timers. In the second case, there is no runtime.
        let result = if enabled {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(|_| {}));
            let result = runtime.block_on(call);
            std::panic::set_hook(hook);
            result
        } else {
            match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => result,
                Poll::Pending => panic!("a call without a timer does not wait"),
            }
        };
        let Err(Late::TimedOut(cut)) = result else { panic!("the call was made") };
        assert_eq!(cut.limit(), TimeLimit::NoTimer);
        let text =
            "not called: there is no async runtime with timers to keep a limit of 1s".to_owned();
        assert_eq!(cut.to_string(), text);
        // The closure was called once, but the future that it returned was never polled.
        assert_eq!(calls, 1, "there is no retry");
    }
}

#[tokio::test(start_paused = true)]
async fn r06_the_remaining_time_is_that_of_the_limit_which_comes_first() {
    use resilient::deadline::remaining;

    let left = async |deadline, attempt_timeout| {
        let policy = at_once(0);
        let call = policy.call().deadline(deadline).attempt_timeout(attempt_timeout);
        let left: Result<_, Late> = call
            .run(async |_| {
                let before = remaining();
                tokio::time::sleep(ms(300)).await;
                Ok((before, remaining()))
            })
            .await;
        left.unwrap()
    };
    assert_eq!(left(SECOND, 2 * SECOND).await, (Some(SECOND), Some(ms(700))));
    assert_eq!(left(2 * SECOND, SECOND).await, (Some(SECOND), Some(ms(700))));
    // A limit that is too far away to be an instant is no limit.
    assert_eq!(left(Duration::MAX, Duration::MAX).await, (None, None));
    assert_eq!(remaining(), None);
    // The limit of an outer call holds inside, and not in a task that the attempt spawns.
    let policy = at_once(0);
    let nested: Result<_, Late> = policy
        .call()
        .deadline(ms(500))
        .run(async |_| {
            let spawned = tokio::spawn(async { remaining() }).await.unwrap();
            let inner: Result<_, Late> =
                policy.call().deadline(SECOND).run(async |_| Ok(remaining())).await;
            inner.map(|inner| (inner, spawned))
        })
        .await;
    assert_eq!(nested.unwrap(), (Some(ms(500)), None));
}
