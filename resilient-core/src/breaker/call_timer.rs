//! Measures how long calls take, for the histogram of the feature `metrics`. Without the feature,
//! the types do nothing and take no room.

#[cfg(not(feature = "metrics"))]
use std::marker::PhantomData;
#[cfg(feature = "metrics")]
use std::time::Instant;

use super::shared::SharedBreaker;
use crate::signal::Name;
#[cfg(feature = "metrics")]
use crate::{telemetry, time};

/// Measures one call, if the program wants durations.
#[derive(Debug)]
pub(crate) struct CallTimer {
    #[cfg(feature = "metrics")]
    began: Option<Instant>,
}

impl CallTimer {
    pub(crate) const NEW: Self = Self {
        #[cfg(feature = "metrics")]
        began: None,
    };

    /// Notes the start of the call. Later starts change nothing.
    #[inline]
    #[cfg_attr(not(feature = "metrics"), expect(clippy::unused_self, reason = "nothing is noted"))]
    pub(crate) fn begin(&mut self) {
        #[cfg(feature = "metrics")]
        if self.began.is_none() && telemetry::durations_are_measured() {
            self.began = Some(time::now());
        }
    }

    /// Records the duration of the call, which ended now.
    #[inline]
    #[cfg_attr(
        not(feature = "metrics"),
        expect(unused_variables, clippy::unused_self, reason = "nothing is recorded")
    )]
    pub(crate) fn end<'a>(&mut self, name: impl FnOnce() -> &'a Name) {
        #[cfg(feature = "metrics")]
        if let Some(began) = self.began.take() {
            let time = time::now().saturating_duration_since(began);
            telemetry::record_duration(name(), time);
        }
    }
}

/// Measures a call that runs and ends on this thread. The call ends when this value is dropped; if
/// the thread unwinds, the call has no duration.
#[derive(Debug)]
#[must_use]
#[cfg(feature = "metrics")]
pub(crate) struct TimedHere<'b>(Option<(CallTimer, &'b SharedBreaker)>);

#[derive(Debug)]
#[must_use]
#[cfg(not(feature = "metrics"))]
pub(crate) struct TimedHere<'b>(PhantomData<&'b ()>);

impl<'b> TimedHere<'b> {
    #[cfg(feature = "metrics")]
    #[inline]
    pub(crate) fn begin(breaker: impl FnOnce() -> &'b SharedBreaker) -> Self {
        Self(telemetry::durations_are_measured().then(|| {
            let mut timer = CallTimer::NEW;
            timer.begin();
            (timer, breaker())
        }))
    }

    #[cfg(not(feature = "metrics"))]
    #[inline]
    pub(crate) fn begin(_: impl FnOnce() -> &'b SharedBreaker) -> Self {
        Self(PhantomData)
    }
}

#[cfg(feature = "metrics")]
impl Drop for TimedHere<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some((timer, breaker)) = self.0.as_mut().filter(|_| !std::thread::panicking()) {
            timer.end(|| breaker.name());
        }
    }
}
