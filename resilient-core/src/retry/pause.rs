//! The future of a pause between two attempts of a loop with a breaker.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::circuit_pause::GrantedPause;
use super::running_pause::RunningPause;
use crate::breaker::CircuitBreaker;
use crate::signal::debug_fields;

/// The future of a pause between two attempts: see
/// [`RetryDriver::sleep`](super::RetryDriver::sleep).
///
/// Dropping it ends the pause and leaves nothing behind.
// The state is boxed, so that the future of a healthy call stays small and is dropped quickly.
#[must_use = "futures do nothing unless awaited"]
pub struct Pause<'a>(Option<Pin<Box<Running<'a>>>>);

pin_project! {
    /// A pause that is not over.
    struct Running<'a> {
        #[pin]
        pause: RunningPause,
        waited: Option<&'a mut Duration>,
    }
}

impl<'a> Pause<'a> {
    /// Begins a pause of `delay`. If `granted` is a wait for the circuit of `breaker`, the pause
    /// ends early if the circuit closes.
    #[cold]
    #[inline(never)]
    pub(crate) fn begin(
        granted: Option<&'a mut GrantedPause>,
        delay: Duration,
        breaker: Option<&CircuitBreaker>,
    ) -> Self {
        let pause = RunningPause::begin(granted.as_deref(), delay, breaker);
        let waited = granted.map(|granted| &mut granted.delay);
        Self(pause.map(|pause| Box::pin(Running { pause, waited })))
    }
}

impl Future for Running<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if let (Some(time), Some(waited)) = (ready!(this.pause.poll(cx)), this.waited) {
            **waited = time;
        }
        Poll::Ready(())
    }
}

impl Future for Pause<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(running) => poll(running, cx),
            None => Poll::Ready(()),
        }
    }
}

#[cold]
#[inline(never)]
fn poll(running: &mut Pin<Box<Running<'_>>>, cx: &mut Context<'_>) -> Poll<()> {
    running.as_mut().poll(cx)
}

impl Drop for Pause<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            discard(running);
        }
    }
}

#[cold]
#[inline(never)]
fn discard(running: Pin<Box<Running<'_>>>) {
    drop(running);
}

debug_fields!(Pause<'a> {});
