//! Rule D6: the deadline and the attempt number of a caller in another process.

use std::cell::Cell;
use std::future::{pending, ready};
use std::time::Duration;

use resilient::deadline::{CallerContext, carry, remaining};
use resilient::events::EventKind;
use resilient::retries::{NestedMode, StopReason, TimeLimit, attempt_number};
use resilient::{Registry, retry};
use resilient_testkit::{Calls, run};
use tokio::time::{Instant, sleep};

use crate::support::retry::{SECOND, at_once};

#[tokio::test(start_paused = true)]
async fn d06_a_handler_has_the_deadline_and_the_attempt_number_of_its_caller() {
    let start = Instant::now();
    let caller = CallerContext::new().time_left(3 * SECOND).attempt(4);
    // The time counts from when it was set, not from when the handler starts.
    sleep(SECOND).await;
    let handler = async {
        assert_eq!((remaining(), attempt_number()), (Some(2 * SECOND), 4));
        pending::<()>().await;
    };
    assert_eq!(caller.scope(handler).await.unwrap_err().limit(), TimeLimit::Scope);
    assert_eq!(start.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn d06_a_handler_whose_time_is_up_does_not_start() {
    let started = Cell::new(false);
    let caller = CallerContext::new().time_left(Duration::ZERO);
    assert!(caller.scope(async { started.set(true) }).await.is_err());
    assert!(!started.get());
}

#[test]
fn d06_a_caller_that_says_nothing_changes_nothing() {
    for caller in [CallerContext::new(), CallerContext::default(), CallerContext::new().attempt(0)]
    {
        let inside = run(caller.scope(async { (remaining(), attempt_number()) }));
        assert_eq!(inside, Ok((None, 1)));
        assert_eq!(caller.scope_blocking(attempt_number), 1);
    }
    assert_eq!(run(CallerContext::new().time_left(Duration::MAX).scope(ready(1))), Ok(1));
}

/// Returns how many attempts a loop makes for this caller.
async fn attempts(caller: CallerContext, nested: NestedMode) -> u32 {
    let (policy, calls) = (at_once(2), Calls::new());
    let call = policy.call().nested(nested).run(|_| {
        calls.next();
        ready(Option::<()>::None)
    });
    assert_eq!(caller.scope(call).await, Ok(None));
    calls.count()
}

#[tokio::test]
async fn d06_loops_leave_retries_to_the_caller_if_the_server_says_so() {
    let retries = CallerContext::new().attempt(2).collapse_retries(true);
    assert_eq!(attempts(retries, NestedMode::Warn).await, 1);
    assert_eq!(attempts(retries, NestedMode::Collapse).await, 1);
    assert_eq!(attempts(retries, NestedMode::Allow).await, 3);
    // The first attempt of the caller, too.
    assert_eq!(attempts(retries.attempt(1), NestedMode::Warn).await, 1);
}

#[tokio::test]
async fn d06_the_number_of_the_caller_alone_changes_nothing_about_retries() {
    for caller in
        [CallerContext::new().attempt(7), CallerContext::new().attempt(7).collapse_retries(false)]
    {
        for nested in [NestedMode::Warn, NestedMode::Collapse, NestedMode::Allow] {
            assert_eq!(attempts(caller, nested).await, 3);
        }
    }
}

#[retry(max_retries = 2, base_delay = "0s")]
fn plain(calls: &Calls) -> Option<()> {
    calls.next();
    None
}

#[test]
fn d06_plain_functions_leave_retries_to_the_caller() {
    let calls = Calls::new();
    let caller = CallerContext::new().collapse_retries(true);
    assert_eq!(caller.scope_blocking(|| plain(&calls)), None);
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn d06_retries_stay_with_the_caller_in_every_loop_and_carried_task_below() {
    let caller = CallerContext::new().collapse_retries(true);
    let (outer, inner, calls) = (at_once(2), at_once(2), Calls::new());
    let call = outer.call().nested(NestedMode::Allow).run(async |_| {
        carry(inner.call().run(|_| {
            calls.next();
            ready(Option::<()>::None)
        }))
        .await
    });
    assert_eq!(caller.scope(call).await, Ok(None));
    assert_eq!(calls.count(), 3);
}

#[tokio::test]
async fn d06_a_loop_that_leaves_retries_to_the_caller_is_not_reported_as_nested() {
    let reported = std::sync::Arc::new(Calls::new());
    let count = std::sync::Arc::clone(&reported);
    let listener = Registry::global().on_event(move |event| {
        if let EventKind::NestedRetry { place } = event.kind() {
            if place.file().contains("d06_callers.rs") {
                count.next();
            }
        }
    });
    let policy = at_once(2);
    let call = policy.call().run_recorded(async |_| Err::<(), _>("down"));
    let error = CallerContext::new().collapse_retries(true).scope(call).await.unwrap().unwrap_err();
    Registry::global().remove_listener(listener);
    assert_eq!((error.attempts().count(), error.reason()), (1, StopReason::Nested));
    assert_eq!(reported.count(), 0);
}
