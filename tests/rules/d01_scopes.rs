//! Rule D1: a deadline applies to all code below the code that sets it.

use std::cell::Cell;
use std::future::{Future, pending, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilient::deadline::{DeadlineScope, carry, remaining, scope, scope_blocking};
use resilient::retries::{NestedMode, StopReason, TimeLimit};
use resilient::{TimedOut, retry, timeout};
use resilient_testkit::{
    Calls, OWN_PANIC, ms, panic_of, panic_of_call, panic_quietly, pause, poll_and_drop, poll_once,
    run, secs, sendable,
};
use tokio::time::{Instant, sleep};

use crate::support::cuts::{Late, cut, never};
use crate::support::retry::{SECOND, at_once, build, exact};

/// Returns a future that runs under a deadline of one second which cancels nothing.
async fn under_a_deadline<F: Future>(future: F) -> F::Output {
    let carried = scope(SECOND, async { carry(future) }).await;
    carried.expect("the scope is not over").await
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_cancels_its_future_at_the_deadline() {
    let start = Instant::now();
    let alive = Arc::new(());
    let kept = Arc::clone(&alive);
    let future = async move {
        let _kept = kept;
        pending::<()>().await;
    };
    let timed_out = scope(5 * SECOND, future).await.unwrap_err();
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_eq!((timed_out.limit(), timed_out.after()), (TimeLimit::Scope, 5 * SECOND));
    assert_eq!(timed_out.attempts(), 0);
    assert_eq!(timed_out.to_string(), "deadline of 5s passed");
    assert_eq!(Arc::strong_count(&alive), 1, "the future is dropped");
}

#[tokio::test(start_paused = true)]
async fn d01_the_time_counts_from_the_call_of_scope() {
    let start = Instant::now();
    let scope = scope(5 * SECOND, pending::<()>());
    sleep(3 * SECOND).await;
    assert!(scope.await.is_err());
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn d01_an_output_that_is_ready_when_polled_counts_even_after_the_deadline() {
    let mut scope = pin!(scope(SECOND, pause(1)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(scope.as_mut().poll(&mut context).is_pending());
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(scope.as_mut().poll(&mut context), Poll::Ready(Ok(())));
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_whose_time_is_up_does_not_start_its_future() {
    let started = Cell::new(false);
    let start = || scope(SECOND, async { started.set(true) });
    let late = start();
    sleep(SECOND).await;
    assert_eq!(late.await.unwrap_err().limit(), TimeLimit::Scope);
    let at_once = scope(Duration::ZERO, async { started.set(true) });
    assert_eq!(at_once.await.unwrap_err().after(), Duration::ZERO);
    assert!(!started.get());
    assert_eq!(start().await, Ok(()));
}

#[test]
fn d01_a_scope_without_an_end_needs_no_runtime() {
    for time in [Duration::MAX, Duration::from_secs(u64::MAX)] {
        assert_eq!(run(scope(time, async { remaining() })), Ok(None));
        assert_eq!(scope_blocking(time, remaining), None);
    }
}

#[test]
fn d01_without_a_timer_a_scope_does_not_start_its_future() {
    let started = Cell::new(false);
    let scope = || scope(SECOND, async { started.set(true) });
    let Poll::Ready(Err(outside)) = poll_once(scope()) else { panic!("it does not wait") };
    assert_eq!((outside.limit(), outside.after()), (TimeLimit::NoTimer, SECOND));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let inside = runtime.block_on(scope());
    std::panic::set_hook(hook);
    assert_eq!(inside.unwrap_err().limit(), TimeLimit::NoTimer);
    assert!(!started.get());
}

#[tokio::test(start_paused = true)]
async fn d01_of_nested_scopes_the_earliest_deadline_applies() {
    let start = Instant::now();
    let longer = scope(SECOND, async {
        assert_eq!(remaining(), Some(SECOND));
        scope(2 * SECOND, async {
            assert_eq!(remaining(), Some(SECOND));
            pending::<()>().await;
        })
        .await
    });
    let outer = longer.await.expect_err("the outer scope set the deadline, so it ends first");
    assert_eq!((outer.after(), start.elapsed()), (SECOND, SECOND));

    let shorter = scope(2 * SECOND, async {
        let inner = scope(SECOND, pending::<()>()).await;
        (inner.unwrap_err().after(), remaining())
    });
    assert_eq!(shorter.await, Ok((SECOND, Some(SECOND))));
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_below_a_deadline_that_nobody_enforces_ends_at_it() {
    let start = Instant::now();
    let inner = under_a_deadline(async { scope(5 * SECOND, pending::<()>()).await }).await;
    let timed_out = inner.unwrap_err();
    assert_eq!((timed_out.limit(), timed_out.after()), (TimeLimit::Scope, SECOND));
    assert_eq!(start.elapsed(), SECOND);
    // The time is up before the scope starts, because the deadline around it has passed.
    let late = under_a_deadline(async {
        sleep(2 * SECOND).await;
        scope(5 * SECOND, async { panic!("it starts") }).await
    });
    let late: Result<(), TimedOut> = late.await;
    assert_eq!(late.unwrap_err().after(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn d01_a_retry_in_a_scope_begins_no_sleep_that_would_reach_the_deadline() {
    let policy = build(&exact().base_delay(2 * SECOND).max_retries(9));
    let start = Instant::now();
    let call = policy.call().run_recorded(async |_| Err::<(), _>("down"));
    let error = scope(6 * SECOND, call).await.unwrap().unwrap_err();
    // The delays are 2 and 4 seconds, and the second would end at the deadline.
    assert_eq!((error.attempts().count(), error.reason()), (2, StopReason::Deadline));
    assert_eq!(start.elapsed(), 2 * SECOND);
}

#[retry(max_retries = 3, base_delay = "2s", jitter = none)]
async fn annotated(calls: &Calls) -> io::Result<()> {
    calls.next();
    Err(io::ErrorKind::ConnectionReset.into())
}

#[retry(max_retries = 3, base_delay = "10s", jitter = none)]
fn plain(calls: &Calls) -> Result<(), &'static str> {
    calls.next();
    Err("down")
}

#[retry(max_retries = 3, base_delay = "0s")]
fn plain_at_once(calls: &Calls) -> Result<(), &'static str> {
    calls.next();
    Err("down")
}

#[tokio::test(start_paused = true)]
async fn d01_an_annotated_retry_in_a_scope_begins_no_sleep_that_would_reach_the_deadline() {
    let (calls, start) = (Calls::new(), Instant::now());
    let error = scope(5 * SECOND, annotated(&calls)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!((calls.count(), start.elapsed()), (2, 2 * SECOND));
}

#[test]
fn d01_a_plain_retry_in_a_scope_begins_no_sleep_that_would_reach_the_deadline() {
    let calls = Calls::new();
    assert_eq!(scope_blocking(secs(9), || plain(&calls)), Err("down"));
    assert_eq!(calls.count(), 1);
    assert_eq!(scope_blocking(secs(9), || plain_at_once(&calls)), Err("down"));
    assert_eq!(calls.count(), 1 + 4);
}

#[test]
fn d01_a_plain_retry_makes_its_first_attempt_after_the_deadline_and_no_other() {
    let calls = Calls::new();
    assert_eq!(scope_blocking(Duration::ZERO, || plain_at_once(&calls)), Err("down"));
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn d01_an_async_retry_makes_its_first_attempt_after_the_deadline_and_no_other() {
    let calls = Calls::new();
    let policy = at_once(3);
    under_a_deadline(async {
        sleep(2 * SECOND).await;
        let made = policy.call().run(|_| {
            calls.next();
            ready(Err::<(), _>("down"))
        });
        assert_eq!(made.await, Err("down"));
        assert!(annotated(&calls).await.is_err());
    })
    .await;
    assert_eq!(calls.count(), 2);
}

#[retry]
async fn without_limits() -> io::Result<u32> {
    sleep(5 * SECOND).await;
    Ok(1)
}

#[retry(deadline = "10s")]
async fn with_a_deadline() -> io::Result<u32> {
    without_limits().await
}

#[retry(attempt_timeout = "10s")]
async fn with_an_attempt_timeout() -> io::Result<u32> {
    without_limits().await
}

#[tokio::test(start_paused = true)]
async fn d01_a_function_cancels_its_attempt_at_the_deadline_only_if_it_has_limits() {
    let start = Instant::now();
    assert_eq!(under_a_deadline(without_limits()).await.unwrap(), 1);
    assert_eq!(start.elapsed(), 5 * SECOND);
    let start = Instant::now();
    let error = under_a_deadline(with_a_deadline()).await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    let error = under_a_deadline(with_an_attempt_timeout()).await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    assert_eq!(start.elapsed(), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn d01_whoever_sets_the_deadline_ends_first() {
    let policy = at_once(3);
    let inner = || policy.call().deadline(9 * SECOND).run(|_| never());
    let by_scope = scope(SECOND, inner()).await;
    assert_eq!(by_scope.unwrap_err().limit(), TimeLimit::Scope);
    // Here the attempt sets the deadline, and the scope inside inherits it.
    let by_attempt = policy.call().deadline(SECOND).run(async |_| {
        let inner = scope(9 * SECOND, pending::<()>()).await;
        inner.map_err(Late::TimedOut)
    });
    assert_eq!(cut(by_attempt.await), (TimeLimit::Deadline, 1, SECOND));
}

#[timeout("1s")]
async fn time_left_below_a_timeout() -> io::Result<Option<Duration>> {
    Ok(scope(9 * SECOND, async { remaining() }).await?)
}

#[tokio::test(start_paused = true)]
async fn d01_every_time_limit_is_a_deadline_for_the_scopes_below_it() {
    assert_eq!(time_left_below_a_timeout().await.unwrap(), Some(SECOND));
    let policy = at_once(0);
    let call = policy.call().attempt_timeout(2 * SECOND);
    let left = call.run(async |_| Ok::<_, Late>(scope(9 * SECOND, async { remaining() }).await));
    assert_eq!(left.await.unwrap(), Ok(Some(2 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn d01_futures_beside_a_scope_do_not_see_its_deadline() {
    let inside = scope(SECOND, async {
        tokio::task::yield_now().await;
        remaining()
    });
    let beside = async {
        let before = remaining();
        tokio::task::yield_now().await;
        (before, remaining())
    };
    let (inside, beside) = tokio::join!(inside, beside);
    assert_eq!((inside, beside), (Ok(Some(SECOND)), (None, None)));

    let waits = scope(SECOND, pending::<()>());
    let left = tokio::select! {
        biased;
        _ = waits => panic!("the scope ends"),
        left = async { remaining() } => left,
    };
    assert_eq!(left, None);
}

#[tokio::test(start_paused = true)]
async fn d01_a_panic_in_a_scope_ends_it() {
    let panics = scope(SECOND, async { panic_quietly() });
    assert_eq!(panic_of_call(async { panics.await.map(|()| ()) }), OWN_PANIC);
    assert_eq!(remaining(), None);
    assert_eq!(panic_of(|| scope_blocking(SECOND, || panic_quietly())), OWN_PANIC);
    assert_eq!(remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_can_be_dropped_at_every_poll() {
    for polls in 0..=4 {
        let alive = Arc::new(());
        let kept = Arc::clone(&alive);
        let future = async move {
            let _kept = kept;
            pause(3).await;
            remaining()
        };
        let output = poll_and_drop(scope(SECOND, future), polls);
        assert_eq!(output, (polls == 4).then_some(Ok(Some(SECOND))));
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!(remaining(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_keeps_its_deadline_on_every_thread() {
    let mut scope = Box::pin(sendable(scope(SECOND, async {
        let mut seen = vec![remaining()];
        for _ in 0..2 {
            pause(1).await;
            seen.push(remaining());
        }
        seen
    })));
    let runtime = tokio::runtime::Handle::current();
    let mut poll_elsewhere = || {
        std::thread::scope(|threads| {
            let poll = || {
                let _entered = runtime.enter();
                let polled = scope.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert_eq!(remaining(), None);
                polled
            };
            threads.spawn(poll).join().unwrap()
        })
    };
    assert!(poll_elsewhere().is_pending());
    assert!(poll_elsewhere().is_pending());
    assert_eq!(poll_elsewhere(), Poll::Ready(Ok(vec![Some(SECOND); 3])));
}

#[tokio::test(start_paused = true)]
async fn d01_a_scope_can_be_named_and_moved_before_it_starts() {
    struct Held(DeadlineScope<Pin<Box<dyn Future<Output = u32> + Send>>>);
    let held = Held(scope(ms(10), Box::pin(async { 7 })));
    assert!(format!("{:?}", held.0).starts_with("DeadlineScope { deadline: Some("));
    assert_eq!(held.0.await, Ok(7));
}

#[tokio::test]
async fn d01_a_loop_in_a_scope_is_not_nested() {
    let (policy, calls) = (at_once(2), Calls::new());
    let call = policy.call().nested(NestedMode::Collapse).run(|_| {
        calls.next();
        ready(Option::<()>::None)
    });
    assert_eq!(scope(SECOND, call).await, Ok(None));
    assert_eq!(calls.count(), 3);
}
