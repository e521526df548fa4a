//! The sleep of a loop before its next attempt. It ends early if the loop waits for its circuit,
//! and the circuit closes.

use std::time::Duration;

use super::RetryDriver;
use crate::breaker::CircuitBreaker;
use crate::retry::circuit_pause;
#[cfg(feature = "tokio")]
use crate::retry::pause::Pause;
use crate::time;

impl RetryDriver<'_> {
    // R9
    /// Sleeps for the delay that [`after`](Self::after) returned. If the call waits for the circuit
    /// of `breaker`, the sleep ends early if the circuit closes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the sleep and leaves nothing behind.
    #[cfg(feature = "tokio")]
    pub async fn sleep(&mut self, delay: Duration, breaker: Option<&CircuitBreaker>) {
        let waited = self.pause(delay, breaker).await;
        self.waited(waited);
    }

    /// Blocks the thread for the delay that [`after`](Self::after) returned. If the call waits for
    /// the circuit of `breaker`, the sleep ends early if the circuit closes.
    pub fn sleep_blocking(&mut self, delay: Duration, breaker: Option<&CircuitBreaker>) {
        let waited = self.pause_blocking(delay, breaker);
        self.waited(waited);
    }

    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn pause<'b>(
        &self,
        delay: Duration,
        breaker: Option<&'b CircuitBreaker>,
    ) -> Pause<'b> {
        Pause::begin(delay, self.wait_times(), breaker)
    }

    /// Blocks the thread. If the call waited for its circuit, returns how long that took.
    #[inline]
    pub(crate) fn pause_blocking(
        &self,
        delay: Duration,
        breaker: Option<&CircuitBreaker>,
    ) -> Option<Duration> {
        let Some((times, breaker)) = self.wait_times().zip(breaker) else {
            time::sleep_blocking(delay);
            return None;
        };
        time::begins_blocking(delay).then(|| circuit_pause::block(times, breaker))
    }
}
