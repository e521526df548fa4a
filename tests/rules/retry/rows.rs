//! Rows of the flow table about the time of a call, what becomes of its outputs, and callers that go away.

use std::cell::Cell;
use std::rc::Rc;

use resilient::retries::StopReason;
use resilient::{CircuitOpen, TimedOut, fallback, retry};
use tokio::sync::Notify;

use super::*;

#[derive(Debug, PartialEq)]
struct Any;

impl From<CircuitOpen> for Any {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl From<TimedOut> for Any {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

#[tokio::test(start_paused = true)]
async fn row_r06_an_attempt_that_outlasts_the_time_of_the_call_is_its_last() {
    let settings = exact().base_delay(Duration::ZERO).max_retries(9);
    let policy = build(&settings.max_elapsed(ms(100)));
    let executions = Cell::new(0);

    let call = policy.call().run_recorded(async |attempt| {
        executions.set(attempt.number());
        if attempt.number() == 2 {
            tokio::time::sleep(ms(120)).await;
        }
        Err::<(), _>(Any)
    });
    let error = call.await.unwrap_err();

    assert_eq!(executions.get(), 2);
    assert_eq!(error.reason(), StopReason::Elapsed);
}

/// A caller that goes away when it is told: the call's result, or `None`.
async fn unless_told<O>(token: &Notify, call: impl Future<Output = O>) -> Option<O> {
    tokio::select! {
        biased;
        output = call => Some(output),
        () = token.notified() => None,
    }
}

#[tokio::test(start_paused = true)]
async fn row_r10_an_operation_that_succeeds_while_its_caller_goes_away_has_succeeded() {
    let (token, executions) = (Notify::new(), Cell::new(0));
    let policy = build(&exact());
    let call = policy.call().run(async |_| {
        executions.set(executions.get() + 1);
        token.notify_one();
        Ok::<_, ()>("done")
    });
    assert_eq!(unless_told(&token, call).await, Some(Ok("done")));
    assert_eq!(executions.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn row_r11_an_operation_that_fails_while_its_caller_goes_away_is_not_made_again() {
    let (token, executions) = (Notify::new(), Cell::new(0));
    let policy = build(&exact());
    let call = policy.call().run(async |_| {
        executions.set(executions.get() + 1);
        token.notify_one();
        Err::<(), ()>(())
    });
    assert_eq!(unless_told(&token, call).await, None);
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!(executions.get(), 1);
}

/// How many there are.
struct Counted(Rc<Cell<u32>>);

impl Counted {
    fn new(alive: &Rc<Cell<u32>>) -> Self {
        alive.set(alive.get() + 1);
        Self(Rc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[retry(max_retries = 5, base_delay = "0s", retry_when = |_: &Counted| true)]
async fn discards(alive: &Rc<Cell<u32>>, seen: &Cell<u32>) -> Counted {
    assert_eq!(alive.get(), 0, "the output before this one is gone");
    seen.set(seen.get() + 1);
    Counted::new(alive)
}

#[tokio::test]
async fn row_r14_of_six_outputs_five_are_dropped_each_before_the_next_attempt() {
    let (alive, seen) = (Rc::new(Cell::new(0)), Cell::new(0));
    let last = discards(&alive, &seen).await;
    assert_eq!((seen.get(), alive.get()), (6, 1));
    drop(last);
    assert_eq!(alive.get(), 0);
}

#[fallback(with = |error: u32| Ok(error * 100))]
#[retry(max_retries = 2, base_delay = "0s", attempt = attempt)]
async fn calls_back() -> Result<u32, u32> {
    Err(attempt.number())
}

#[tokio::test]
async fn row_r22_of_an_exhausted_call_the_value_of_its_callback_is_returned() {
    assert_eq!(calls_back().await, Ok(300));
}
