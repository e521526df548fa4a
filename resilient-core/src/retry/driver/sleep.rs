//! The sleep of a loop before its next attempt. It ends early if the loop waits for its circuit,
//! and the circuit closes.

use std::time::Duration;

use super::RetryDriver;
use crate::breaker::CircuitBreaker;
use crate::retry::circuit_pause::{self, GrantedPause};
#[cfg(feature = "tokio")]
use crate::retry::pause::Pause;

impl RetryDriver<'_> {
    // R9
    /// Sleeps for the delay that [`after`](Self::after) returned. If the call waits for the circuit
    /// of `breaker`, the sleep ends early if the circuit closes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the sleep and leaves nothing behind.
    #[cfg(feature = "tokio")]
    pub fn sleep<'p>(
        &'p mut self,
        delay: Duration,
        breaker: Option<&'p CircuitBreaker>,
    ) -> impl Future<Output = ()> + Send {
        Pause::begin(self.granted(), delay, breaker)
    }

    /// Blocks the thread for the delay that [`after`](Self::after) returned. If the call waits for
    /// the circuit of `breaker`, the sleep ends early if the circuit closes.
    pub fn sleep_blocking(&mut self, delay: Duration, breaker: Option<&CircuitBreaker>) {
        circuit_pause::block(self.granted(), delay, breaker);
    }

    /// Returns the pause that was granted last. The result refers to the boxed progress, because a
    /// reference to the driver would keep the loop's variables in memory on the hot path.
    #[expect(
        clippy::inline_always,
        reason = "otherwise the state of the loop is in memory on the hot path"
    )]
    #[inline(always)]
    pub(crate) fn granted(&mut self) -> Option<&mut GrantedPause> {
        self.progress.as_deref_mut().map(|progress| &mut progress.pause)
    }
}
