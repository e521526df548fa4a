//! Rule D4: tasks and threads inherit nothing, unless they are carried.

use std::future::{Future, ready};
use std::time::Duration;

use resilient::deadline::{CallerContext, carry, carry_blocking, remaining, scope, scope_blocking};
use resilient::retries::{NestedMode, attempt_number};
use resilient_testkit::{Calls, OWN_PANIC, panic_of_call, panic_quietly, pause, run, sendable};
use tokio::time::sleep;

use crate::support::retry::{SECOND, at_once};

/// Returns what the running code inherits.
fn inherited() -> (Option<Duration>, u32) {
    (remaining(), attempt_number())
}

/// Runs `future` with a deadline of one second, in the third attempt of a loop.
async fn in_a_third_attempt<F: Future>(future: F) -> F::Output {
    scope(SECOND, CallerContext::new().attempt(3).scope(future)).await.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn d04_spawned_tasks_and_threads_inherit_nothing() {
    in_a_third_attempt(async {
        assert_eq!(inherited(), (Some(SECOND), 3));
        let task = tokio::spawn(async { inherited() });
        assert_eq!(task.await.unwrap(), (None, 1));
        let blocking = tokio::task::spawn_blocking(inherited);
        assert_eq!(blocking.await.unwrap(), (None, 1));
        assert_eq!(std::thread::spawn(inherited).join().unwrap(), (None, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn d04_carried_tasks_and_closures_have_the_deadline_and_the_attempt_number() {
    in_a_third_attempt(async {
        let task = tokio::spawn(sendable(carry(async {
            let before = inherited();
            tokio::task::yield_now().await;
            (before, inherited())
        })));
        assert_eq!(task.await.unwrap(), ((Some(SECOND), 3), (Some(SECOND), 3)));
        let blocking = tokio::task::spawn_blocking(carry_blocking(inherited));
        assert_eq!(blocking.await.unwrap(), (Some(SECOND), 3));
    })
    .await;
    assert_eq!(inherited(), (None, 1));
}

#[test]
fn d04_a_carried_closure_passes_the_deadline_of_a_plain_function_on() {
    let left = scope_blocking(100 * SECOND, || {
        let thread = std::thread::spawn(carry_blocking(remaining));
        thread.join().unwrap()
    });
    assert!(left.is_some_and(|left| left <= 100 * SECOND), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn d04_carrying_cancels_nothing() {
    let task = scope(SECOND, async {
        tokio::spawn(carry(async {
            sleep(3 * SECOND).await;
            remaining()
        }))
    });
    assert_eq!(task.await.unwrap().await.unwrap(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn d04_the_earlier_of_the_carried_and_the_present_deadline_applies() {
    let carried = scope(5 * SECOND, async { carry(async { remaining() }) }).await.unwrap();
    assert_eq!(scope(SECOND, carried).await, Ok(Some(SECOND)));
    let carried = scope(SECOND, async { carry(async { remaining() }) }).await.unwrap();
    assert_eq!(scope(5 * SECOND, carried).await, Ok(Some(SECOND)));
}

#[test]
fn d04_carrying_nothing_changes_nothing() {
    assert_eq!(run(carry(async { inherited() })), (None, 1));
    assert_eq!(carry_blocking(inherited)(), (None, 1));
}

#[test]
fn d04_a_panic_ends_what_is_carried() {
    let carried = CallerContext::new().attempt(2).scope_blocking(|| {
        carry(async {
            pause(1).await;
            panic_quietly()
        })
    });
    assert_eq!(panic_of_call(carried), OWN_PANIC);
    assert_eq!(attempt_number(), 1);
}

#[tokio::test(start_paused = true)]
async fn d04_a_loop_in_a_carried_task_detects_the_loop_around() {
    let (outer, calls) = (at_once(1), Calls::new());
    let result = outer.call().run(async |_| {
        carry(async {
            let inner = at_once(2);
            let call = inner.call().nested(NestedMode::Collapse);
            call.run(|_| {
                calls.next();
                ready(Option::<()>::None)
            })
            .await
        })
        .await
    });
    assert_eq!(result.await, None);
    assert_eq!(calls.count(), 3 + 1);
}
