//! A pause between two attempts that is not over, and that borrows nothing.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use super::circuit_pause::{CircuitPause, GrantedPause};
use crate::breaker::CircuitBreaker;
use crate::time::{now, sleep_timer};

pin_project! {
    /// A pause that is not over. It resolves to the time that the call waited for its circuit, or
    /// to `None` if it did not.
    #[derive(Debug)]
    pub(super) struct RunningPause {
        #[pin]
        timer: Sleep,
        circuit: Option<CircuitPause>,
    }
}

impl RunningPause {
    /// Begins a pause of `delay`. If `granted` is a wait for the circuit of `breaker`, the pause
    /// ends early if the circuit closes. Returns `None` if there is nothing to wait for.
    pub(super) fn begin(
        granted: Option<&GrantedPause>,
        delay: Duration,
        breaker: Option<&CircuitBreaker>,
    ) -> Option<Self> {
        let timer = sleep_timer(delay)?;
        let wait = granted.and_then(|granted| granted.wait).zip(breaker);
        let circuit = wait.map(|(times, breaker)| CircuitPause::begin(times, breaker, now()));
        let end = circuit.as_ref().and_then(CircuitPause::end);
        let timer = end.map_or(timer, |end| tokio::time::sleep_until(end.into()));
        Some(Self { timer, circuit })
    }

    /// Sets the timer to the end of the wait for the circuit.
    fn set_end(self: Pin<&mut Self>) {
        let this = self.project();
        let end = this.circuit.as_ref().and_then(CircuitPause::end);
        if let Some(end) = end {
            this.timer.reset(end.into());
        }
    }
}

impl Future for RunningPause {
    type Output = Option<Duration>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Duration>> {
        loop {
            let this = self.as_mut().project();
            let Some(circuit) = this.circuit else { break };
            let Poll::Ready(admits_in) = circuit.wait.poll_news(cx) else { break };
            circuit.learn(admits_in, now());
            self.as_mut().set_end();
        }
        let this = self.project();
        ready!(this.timer.poll(cx));
        Poll::Ready(this.circuit.take().map(|circuit| circuit.finish(now())))
    }
}
