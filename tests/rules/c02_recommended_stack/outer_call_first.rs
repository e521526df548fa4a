//! Rule C2: the call that set a deadline ends before a call that inherited the deadline, as long as
//! the outer call can end at all.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient_testkit::ms;
use tokio::time::{Instant, advance};

use super::{ABANDONED, FAILED, counts, limited};
use crate::support::cuts::{Late, cut, never};
use crate::support::retry::{SECOND, at_once, breaker};

/// Makes a call that hangs inside an outer call with a deadline of a second. At the deadline, the
/// outer call polls the inner one up to `polls` times before it returns. Returns the counts of
/// failed and abandoned attempts of the outer and of the inner call, and how the inner call ended
/// if it did.
async fn polled(polls: u32) -> ((u64, u64), (u64, u64), Option<(TimeLimit, u32, Duration)>) {
    let (outer, inner, ended) = (breaker(100), breaker(100), Cell::new(None));
    let policy = at_once(0);
    let call = policy.call().deadline(SECOND).through(&outer).run(async |_| {
        let mut call = pin!(limited(&policy, 5 * SECOND, None).through(&inner).run(|_| never()));
        let start = Instant::now();
        let output = poll_fn(|cx| {
            let polls = if start.elapsed() < SECOND { 1 } else { polls };
            let mut polled = (0..polls).map(|_| call.as_mut().poll(cx));
            polled.find(Poll::is_ready).unwrap_or(Poll::Pending)
        });
        ended.set(Some(cut(output.await)));
        Err::<(), _>(Late::Down)
    });
    let start = Instant::now();
    assert!(call.await.is_err());
    assert_eq!(start.elapsed(), SECOND);
    (counts(&outer), counts(&inner), ended.get())
}

#[tokio::test(start_paused = true)]
async fn c02_the_outer_call_ends_first_also_if_it_polls_a_woken_call_again_at_once() {
    // `FuturesUnordered` polls a future that has woken itself again, before it returns.
    assert_eq!(polled(1).await, (FAILED, ABANDONED, None));
    assert_eq!(polled(2).await, (FAILED, ABANDONED, None));
}

#[tokio::test(start_paused = true)]
async fn c02_a_call_ends_at_an_inherited_deadline_also_if_the_outer_call_waits_for_it() {
    // Code that waits for the inner call in one poll, as `block_on` does, keeps the outer call from
    // ending first.
    let (_, inner, ended) = polled(1_000).await;
    assert_eq!((inner, ended), (ABANDONED, Some((TimeLimit::Deadline, 1, SECOND))));
}

#[tokio::test(start_paused = true)]
async fn c02_a_call_ends_at_an_inherited_deadline_also_if_the_outer_call_is_not_polled() {
    let (policy, inner) = (at_once(0), breaker(100));
    let mut call = pin!(limited(&policy, 5 * SECOND, None).through(&inner).run(|_| never()));
    let call = std::cell::RefCell::new(call.as_mut());
    let mut outer = pin!(
        policy
            .call()
            .deadline(SECOND)
            .run(async |_| { poll_fn(|cx| call.borrow_mut().as_mut().poll(cx)).await })
    );
    poll_fn(|cx| {
        assert!(outer.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    advance(ms(999)).await;
    let start = Instant::now();
    let output = poll_fn(|cx| call.borrow_mut().as_mut().poll(cx)).await;
    assert_eq!(cut(output), (TimeLimit::Deadline, 1, SECOND));
    assert_eq!((start.elapsed(), counts(&inner)), (ms(1), ABANDONED));
}
