//! The sleep of a loop with a breaker. It may be a wait for the circuit.

use std::time::Duration;

#[cfg(not(feature = "tokio"))]
use super::without_tokio::WithTimer;
use crate::breaker::CircuitBreaker;
use crate::call_site::CallSite;
use crate::retry::{GrantedPause, RetryDriver};

/// The breaker of a loop, in the form in which the expansion passes it: a reference or a call site.
pub trait LoopBreaker<'b> {
    /// Returns the breaker.
    fn handle(self) -> &'b CircuitBreaker;
}

impl<'b> LoopBreaker<'b> for &'b CircuitBreaker {
    fn handle(self) -> &'b CircuitBreaker {
        self
    }
}

impl<'b> LoopBreaker<'b> for &'static CallSite {
    fn handle(self) -> &'b CircuitBreaker {
        self.breaker()
    }
}

/// Sleeps between two attempts of a loop with a breaker: see [`RetryDriver::sleep`].
#[cfg(feature = "tokio")]
#[expect(
    clippy::inline_always,
    reason = "otherwise the state of the loop is in memory on the hot path"
)]
#[inline(always)]
pub fn pause<'p>(
    retry: &'p mut RetryDriver<'_>,
    delay: Duration,
    breaker: impl LoopBreaker<'p>,
) -> crate::retry::Pause<'p> {
    pause_cold(retry.granted(), delay, breaker)
}

#[cfg(feature = "tokio")]
#[cold]
#[inline(never)]
fn pause_cold<'p>(
    granted: Option<&'p mut GrantedPause>,
    delay: Duration,
    breaker: impl LoopBreaker<'p>,
) -> crate::retry::Pause<'p> {
    crate::retry::Pause::begin(granted, delay, Some(breaker.handle()))
}

#[cfg(not(feature = "tokio"))]
pub fn pause<'b>(_: &mut RetryDriver<'_>, _: Duration, _: impl LoopBreaker<'b>) -> WithTimer<()> {
    WithTimer::new()
}

/// Sleeps between two attempts of a plain function with a breaker. This function reads the delay
/// from the driver, because passing `_delay` on would take a register on the hot path.
#[expect(
    clippy::inline_always,
    reason = "otherwise the state of the loop is in memory on the hot path"
)]
#[inline(always)]
pub fn pause_blocking<'b>(
    retry: &mut RetryDriver<'_>,
    _delay: Duration,
    breaker: impl LoopBreaker<'b>,
) {
    block_cold(retry.granted(), breaker);
}

#[cold]
#[inline(never)]
fn block_cold<'b>(granted: Option<&mut GrantedPause>, breaker: impl LoopBreaker<'b>) {
    let delay = granted.as_ref().map_or(Duration::ZERO, |granted| granted.delay);
    crate::retry::block(granted, delay, Some(breaker.handle()));
}
