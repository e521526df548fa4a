//! The future of a pause between two attempts of a loop with a breaker.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use super::circuit_pause::{CircuitPause, GrantedPause};
use crate::breaker::CircuitBreaker;
use crate::signal::debug_fields;
use crate::time::{now, sleep_timer};

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
        timer: Sleep,
        circuit: Option<Waiting<'a>>,
    }
}

/// The wait for the circuit.
struct Waiting<'a> {
    pause: CircuitPause<'a>,
    waited: &'a mut Duration,
}

impl<'a> Pause<'a> {
    /// Begins a pause of `delay`. If `granted` is a wait for the circuit of `breaker`, the pause
    /// ends early if the circuit closes.
    #[cold]
    #[inline(never)]
    pub(crate) fn begin(
        granted: Option<&'a mut GrantedPause>,
        delay: Duration,
        breaker: Option<&'a CircuitBreaker>,
    ) -> Self {
        let Some(timer) = sleep_timer(delay) else { return Self(None) };
        let wait = granted.and_then(|granted| Some((granted.wait?, &mut granted.delay)));
        let circuit = wait.zip(breaker).map(|((times, waited), breaker)| {
            let pause = CircuitPause::begin(times, breaker, now());
            Waiting { pause, waited }
        });
        let mut running = Box::pin(Running { timer, circuit });
        running.as_mut().set_end();
        Self(Some(running))
    }
}

impl Running<'_> {
    /// Sets the timer to the end of the wait for the circuit.
    fn set_end(self: Pin<&mut Self>) {
        let this = self.project();
        let end = this.circuit.as_ref().and_then(|circuit| circuit.pause.end());
        if let Some(end) = end {
            this.timer.reset(end.into());
        }
    }
}

impl Future for Running<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let this = self.as_mut().project();
            let Some(Waiting { pause, .. }) = this.circuit else { break };
            let Poll::Ready(admits_in) = pause.wait.poll_news(cx) else { break };
            pause.learn(admits_in, now());
            self.as_mut().set_end();
        }
        let this = self.project();
        ready!(this.timer.poll(cx));
        if let Some(Waiting { pause, waited }) = this.circuit.take() {
            *waited = pause.finish(now());
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
