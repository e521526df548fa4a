//! The future of a pause between two attempts of a loop with a breaker.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::circuit_pause::{CircuitPause, WaitTimes};
use crate::breaker::CircuitBreaker;
use crate::signal::debug_fields;
use crate::time::{SleepFuture, now, sleep};

/// The future of a pause between two attempts. If the call waits for its circuit, the future
/// resolves to the time that this took.
///
/// Dropping it ends the pause and leaves nothing behind.
#[must_use = "futures do nothing unless awaited"]
pub struct Pause<'a> {
    sleep: SleepFuture,
    /// Boxed, so that the future of a healthy call stays small.
    circuit: Option<Box<CircuitPause<'a>>>,
}

impl<'a> Pause<'a> {
    /// Begins a pause. If `wait` is given, the pause ends early if the circuit closes.
    pub(super) fn begin(
        delay: Duration,
        wait: Option<WaitTimes>,
        breaker: Option<&'a CircuitBreaker>,
    ) -> Self {
        let mut sleep = sleep(delay);
        let wait = wait.zip(breaker).filter(|_| !sleep.is_over());
        let circuit = wait.map(|(times, breaker)| {
            let pause = CircuitPause::begin(times, breaker, now());
            pause.end().into_iter().for_each(|end| sleep.end_at(end));
            Box::new(pause)
        });
        Self { sleep, circuit }
    }
}

impl Future for Pause<'_> {
    type Output = Option<Duration>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.circuit {
            None => Pin::new(&mut self.sleep).poll(cx).map(|()| None),
            Some(_) => self.poll_circuit(cx),
        }
    }
}

impl Pause<'_> {
    #[cold]
    fn poll_circuit(&mut self, cx: &mut Context<'_>) -> Poll<Option<Duration>> {
        if let Some(circuit) = &mut self.circuit {
            while let Poll::Ready(admits_in) = circuit.wait.poll_news(cx) {
                circuit.learn(admits_in, now());
                circuit.end().into_iter().for_each(|end| self.sleep.end_at(end));
            }
        }
        let over = Pin::new(&mut self.sleep).poll(cx);
        over.map(|()| Some(self.circuit.take()?.finish(now())))
    }
}

debug_fields!(Pause<'a> { circuit });
