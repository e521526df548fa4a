//! Time: clocks, instants and sleeping.
//!
//! Time is monotonic everywhere ([`std::time::Instant`]): setting a wall clock back or forward
//! changes nothing. A custom [`Clock`] may go back; its documentation describes the effect. With
//! the feature `tokio` the default clock is tokio's, so that `tokio::time::pause` and `advance`
//! move breakers and retries alike. Outside a runtime the default clock is the real clock.

mod clock;
#[cfg(feature = "coarse-clock")]
mod coarse;
mod instant;
#[cfg(feature = "test-util")]
mod manual;
mod sleep;
mod source;
#[cfg(feature = "tokio")]
mod timer;

pub use self::clock::Clock;
pub(crate) use self::clock::now;
#[cfg(feature = "coarse-clock")]
pub use self::coarse::CoarseClock;
pub(crate) use self::instant::{later, nanos_between};
#[cfg(feature = "test-util")]
pub use self::manual::ManualClock;
#[cfg(feature = "test-util")]
pub(crate) use self::sleep::install_skip;
pub(crate) use self::sleep::{begins_blocking, sleep_blocking};
pub(crate) use self::source::{ClockReading, ClockSource};
#[cfg(feature = "tokio")]
pub(crate) use self::timer::{has_timer, sleep, sleep_timer, timer};

/// Returns `true`, because without tokio there is no timer to check. The caller decides whether it
/// can wait.
#[cfg(not(feature = "tokio"))]
pub(crate) fn has_timer() -> bool {
    true
}
