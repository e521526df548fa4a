//! Async sleep with tokio's timers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::sleep::is_skipped;
use super::{later, now};
use crate::platform::contain;

/// Returns whether an async sleep can be awaited here: there is a runtime, and its timers are
/// enabled.
pub(crate) fn has_timer() -> bool {
    // tokio reports disabled timers only by a panic.
    let make_a_timer = || drop(tokio::time::sleep(Duration::MAX));
    tokio::runtime::Handle::try_current().is_ok() && contain(make_a_timer).is_some()
}

/// Returns a timer for an instant, or `None` if there is no runtime with timers.
pub(crate) fn timer(at: Instant) -> Option<tokio::time::Sleep> {
    tokio::runtime::Handle::try_current().ok()?;
    // tokio reports disabled timers only by a panic.
    contain(|| tokio::time::sleep_until(at.into()))
}

/// Sleeps. If `delay` is zero, no timer is made. Dropping the future ends the sleep.
#[inline]
pub(crate) fn sleep(delay: Duration) -> SleepFuture {
    SleepFuture(if delay.is_zero() { None } else { start(delay) })
}

/// A sleep. Its timer is boxed. If it were not, every future with a retry would be 100 bytes
/// larger, and dropping the future would cost a call even if the first attempt succeeds.
#[derive(Debug)]
pub(crate) struct SleepFuture(Option<Pin<Box<tokio::time::Sleep>>>);

#[cold]
fn start(delay: Duration) -> Option<Pin<Box<tokio::time::Sleep>>> {
    sleep_timer(delay).map(Box::pin)
}

/// Returns the timer of a sleep, or `None` if there is nothing to wait for: the delay is zero, or a
/// test skips it.
pub(crate) fn sleep_timer(delay: Duration) -> Option<tokio::time::Sleep> {
    if delay.is_zero() || is_skipped(delay) {
        return None;
    }
    // tokio limits a sleep without an end to about 30 years.
    Some(match later(now(), delay) {
        Some(end) => tokio::time::sleep_until(end.into()),
        None => tokio::time::sleep(Duration::MAX),
    })
}

impl Future for SleepFuture {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(timer) => poll(timer, cx),
            None => Poll::Ready(()),
        }
    }
}

#[cold]
#[inline(never)]
fn poll(timer: &mut Pin<Box<tokio::time::Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
    timer.as_mut().poll(cx)
}

impl Drop for SleepFuture {
    #[inline]
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            discard_timer(timer);
        }
    }
}

#[cold]
#[inline(never)]
fn discard_timer(timer: Pin<Box<tokio::time::Sleep>>) {
    drop(timer);
}
