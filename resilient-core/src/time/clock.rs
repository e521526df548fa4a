//! The trait of clocks, and the clock that breakers use by default.

use std::sync::Arc;
use std::time::Instant;

// B16: a breaker can be given a clock.
/// A source of monotonic time.
///
/// A clock should not go back. If it panics, its last reading is used. If it is set back, even by a
/// year, nothing panics, and every state still ends after at most its whole length, as this table
/// shows:
///
/// | what | if the clock is set back to a time before this began |
/// |---|---|
/// | an open circuit, a state set by hand for a time | it lasts for its whole length again, counted from the next call or operation by hand; until then, snapshots show the whole length |
/// | the lease of a probe | it lasts for its whole length again, counted from the next admission |
/// | a streak with `failure_span` | the span counts from the next failure |
/// | a window of time | if the clock went back by at most the length of the window, calls stay in the window for that much longer; otherwise, the next failure or slow call empties the window first |
/// | a call in flight, for `slow_call` | the call took no time; until the clock reaches the time at which the breaker was made, only probes can be slow |
/// | `time_in_state` | it stands still until the clock reaches its former reading |
///
/// If the clock is set back to a time after such a beginning, the state ends when the clock reaches
/// the end of the state. The wait is then longer by the time that the clock went back, but not
/// longer than the whole length.
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
