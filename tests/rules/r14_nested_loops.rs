//! Rule R14: a retry loop inside another loop can make a single attempt.

use std::cell::Cell;
use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Waker};

use resilient::events::{EventKind, EventSource};
use resilient::retries::NestedMode;
use resilient::{Registry, retry};

use crate::support::retry::at_once;

/// Nests two loops with three attempts each. Returns how often the innermost function ran.
async fn executions(outer: NestedMode, inner: NestedMode) -> u32 {
    let calls = Cell::new(0);
    let (outer_policy, inner_policy) = (at_once(2), at_once(2));
    let result = outer_policy
        .call()
        .nested(outer)
        .run(async |_| {
            let call = inner_policy.call().nested(inner);
            let made = call.run(async |_| {
                calls.set(calls.get() + 1);
                Option::<()>::None
            });
            made.await
        })
        .await;
    assert_eq!(result, None);
    calls.get()
}

#[tokio::test]
async fn r14_nested_loops_multiply() {
    assert_eq!(executions(NestedMode::Warn, NestedMode::Warn).await, 9);
    assert_eq!(executions(NestedMode::Allow, NestedMode::Allow).await, 9);
}

#[tokio::test]
async fn r14_from_the_outer_loops_second_attempt_on_a_collapsed_loop_makes_one_attempt() {
    assert_eq!(executions(NestedMode::Warn, NestedMode::Collapse).await, 3 + 1 + 1);
    assert_eq!(executions(NestedMode::Collapse, NestedMode::Collapse).await, 5);
}

#[tokio::test]
async fn r14_a_loop_that_allows_nesting_does_not_count_as_outer_loop() {
    assert_eq!(executions(NestedMode::Allow, NestedMode::Collapse).await, 9);
}

#[tokio::test]
async fn r14_two_concurrent_loops_are_not_nested() {
    let policy = at_once(2);
    let first = policy.call().run(async |_| Option::<()>::None);
    let (mut first, mut calls) = (Box::pin(first), 0);
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    let call = policy.call().nested(NestedMode::Collapse);
    let second = call.run(|_| {
        calls += 1;
        std::future::ready(Option::<()>::None)
    });
    assert_eq!(second.await, None);
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn r14_an_attempt_that_waits_does_not_affect_other_calls_of_its_thread() {
    let (outer, inner) = (at_once(1), at_once(1));
    let calls = Cell::new(0);
    let resting = outer.call().run(async |attempt| {
        if attempt.is_first() {
            return None;
        }
        std::future::pending::<Option<()>>().await
    });
    let mut resting = Box::pin(resting);
    let polled = resting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the outer call is in its second attempt");

    let call = inner.call().nested(NestedMode::Collapse);
    let beside = call.run(async |_| {
        calls.set(calls.get() + 1);
        Option::<()>::None
    });
    assert_eq!(beside.await, None);
    assert_eq!(calls.get(), 2);
}

#[retry(max_retries = 2, base_delay = "0s")]
async fn outermost(reported: &Cell<u32>) -> Option<()> {
    reported.set(reported.get() + 1);
    innermost().await
}

#[retry(max_retries = 1, base_delay = "0s")]
async fn innermost() -> Option<()> {
    None
}

#[retry(max_retries = 2, base_delay = "0s")]
fn plain_outermost(calls: &Cell<u32>) -> Option<()> {
    plain_innermost(calls)
}

#[retry(max_retries = 2, base_delay = "0s", nested = collapse)]
fn plain_innermost(calls: &Cell<u32>) -> Option<()> {
    calls.set(calls.get() + 1);
    None
}

#[tokio::test]
async fn r14_a_nested_loop_is_reported_once_with_its_place() {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let listener = Registry::global().on_event(|event| {
        if let EventKind::NestedRetry { place } = event.kind() {
            if place.file().contains("r14_nested_loops.rs") {
                assert_eq!(event.source(), EventSource::Retry);
                TOLD.lock().unwrap().push(event.name().to_owned());
            }
        }
    });
    let attempts = Cell::new(0);
    for _ in 0..3 {
        assert_eq!(outermost(&attempts).await, None);
    }
    Registry::global().remove_listener(listener);
    assert_eq!(attempts.get(), 9);
    let reported = TOLD.lock().unwrap();
    assert_eq!(reported.len(), 1, "{reported:?}");
}

#[test]
fn r14_a_plain_loop_sees_one_around_it() {
    let calls = Cell::new(0);
    assert_eq!(plain_outermost(&calls), None);
    assert_eq!(calls.get(), 3 + 1 + 1);
}
