//! Polls futures by hand, and runs code that must not hang.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use crate::secs;

/// Has `times` await points: returns `Pending` this many times, then `Ready`.
pub async fn pause(mut times: u32) {
    poll_fn(|_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
    .await;
}

/// Polls a future at most `polls` times and drops it. Returns the output if the future became
/// ready.
pub fn poll_and_drop<F: Future>(future: F, polls: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Runs a future to its end without a runtime.
pub fn run<F: Future>(future: F) -> F::Output {
    poll_and_drop(future, 10_000).expect("the future must end")
}

/// Runs code that must not hang. If the code hangs, the test fails after a limit.
#[track_caller]
pub fn must_end<R: Send + 'static>(what: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || done.send(what()));
    match waiting.recv_timeout(secs(60)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the thread panicked"),
    }
}

/// Polls a future once. Nothing wakes the future again.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the future, and compiles only if the future is `Send`.
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}
