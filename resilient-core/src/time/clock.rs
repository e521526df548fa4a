//! The trait for sources of time, and the default one.

use std::sync::Arc;
use std::time::Instant;

/// A source of monotonic time.
///
/// A clock that goes back, or panics, harms nothing: a time before the present state began counts as that beginning.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

/// The present instant by the default clock: the current runtime's, else the real one. Needs no running runtime.
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
