//! The trait of clocks, and the clock that breakers use by default.

use std::sync::Arc;
use std::time::Instant;

/// A source of monotonic time.
///
// B16: a breaker can be given a clock.
/// A clock may go back or panic. A time before the start of the present state counts as that start.
pub trait Clock: Send + Sync + 'static {
    /// Returns the present instant.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

/// Returns the present instant of the current tokio runtime, whose time tests can move. Outside a
/// runtime, returns the real time.
pub(crate) fn now() -> Instant {
    #[cfg(feature = "tokio")]
    {
        tokio::time::Instant::now().into_std()
    }
    #[cfg(not(feature = "tokio"))]
    {
        Instant::now()
    }
}
