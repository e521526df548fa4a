//! R14: loops inside loops.

use std::cell::Cell;

use resilient::Nested;

use super::*;

/// How often the innermost call is made, by an outer loop of three attempts around an inner one of three.
async fn executions(outer: Nested, inner: Nested) -> u32 {
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
    assert_eq!(executions(Nested::Warn, Nested::Warn).await, 9);
    assert_eq!(executions(Nested::Allow, Nested::Allow).await, 9);
}

#[tokio::test]
async fn r14_from_the_outer_loops_second_attempt_on_a_collapsed_loop_makes_one() {
    assert_eq!(executions(Nested::Warn, Nested::Collapse).await, 3 + 1 + 1);
    assert_eq!(executions(Nested::Collapse, Nested::Collapse).await, 5);
}

#[tokio::test]
async fn r14_a_loop_that_allows_nesting_is_not_seen() {
    assert_eq!(executions(Nested::Allow, Nested::Collapse).await, 9);
}

#[tokio::test]
async fn r14_a_loop_beside_another_one_is_not_inside_it() {
    let policy = at_once(2);
    let first = policy.run(async |_| Option::<()>::None);
    let (mut first, mut calls) = (Box::pin(first), 0);
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    );
    let call = policy.call().nested(Nested::Collapse);
    let second = call.run(|_| {
        calls += 1;
        std::future::ready(Option::<()>::None)
    });
    assert_eq!(second.await, None);
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn r14_an_attempt_that_rests_leaves_no_mark_on_others_of_its_thread() {
    let (outer, inner) = (at_once(1), at_once(1));
    let calls = Cell::new(0);
    let resting = outer.run(async |attempt| {
        if attempt.is_first() {
            return None;
        }
        std::future::pending::<Option<()>>().await
    });
    let mut resting = Box::pin(resting);
    let polled = resting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "in its second attempt");

    let call = inner.call().nested(Nested::Collapse);
    let beside = call.run(async |_| {
        calls.set(calls.get() + 1);
        Option::<()>::None
    });
    assert_eq!(beside.await, None);
    assert_eq!(calls.get(), 2);
}
