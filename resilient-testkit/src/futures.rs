//! Futures that tests poll by hand, and code that must not hang.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use crate::secs;

/// Returns `Pending` this many times, then `Ready`: stands for as many await points.
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

/// Polls a future at most `polls` times and drops it. Returns its output if it is ready by then.
pub fn poll_and_drop<F: Future>(future: F, polls: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Runs a future that needs no runtime until it is ready.
pub fn run<F: Future>(future: F) -> F::Output {
    poll_and_drop(future, 10_000).expect("the future must end")
}

/// Runs code that must not hang. Only a failing test waits for the limit.
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

/// Polls a future once, with no runtime to wake it.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Compiles only if the future is `Send`.
pub fn sendable<F: Future + Send>(future: F) -> F {
    future
}
