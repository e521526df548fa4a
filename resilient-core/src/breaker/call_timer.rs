//! Measures how long calls take, for the histogram of the feature `metrics`. Without the feature,
//! the types do nothing and take no room.

#[cfg(not(feature = "metrics"))]
use std::marker::PhantomData;
use std::task::Poll;
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

    /// Polls the future of the call, and records the duration of the call when it is ready.
    /// Without the feature `metrics` this is only the poll, whose output is not moved.
    #[inline]
    #[cfg(not(feature = "metrics"))]
    #[expect(clippy::unused_self, reason = "nothing is measured")]
    pub(crate) fn poll<'a, T>(
        &mut self,
        _: impl FnOnce() -> Option<&'a Name>,
        poll: impl FnOnce() -> Poll<T>,
    ) -> Poll<T> {
        poll()
    }

    /// Polls the future of the call, and records the duration of the call when it is ready. `name`
    /// returns `None` if the call has no breaker.
    #[inline]
    #[cfg(feature = "metrics")]
    pub(crate) fn poll<'a, T>(
        &mut self,
        name: impl FnOnce() -> Option<&'a Name>,
        poll: impl FnOnce() -> Poll<T>,
    ) -> Poll<T> {
        self.begin();
        let output = poll();
        if output.is_ready() {
            self.end(name);
        }
        output
    }

    /// Notes the start of the call. Later starts change nothing.
    #[inline]
    #[cfg(feature = "metrics")]
    fn begin(&mut self) {
        if self.began.is_none() && telemetry::durations_are_measured() {
            self.began = Some(time::now());
        }
    }

    /// Records the duration of the call, which ended now.
    #[inline]
    #[cfg(feature = "metrics")]
    fn end<'a>(&mut self, name: impl FnOnce() -> Option<&'a Name>) {
        if let Some(began) = self.began.take() {
            let time = time::now().saturating_duration_since(began);
            if let Some(name) = name() {
                telemetry::record_duration(name, time);
            }
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
            timer.end(|| Some(breaker.name()));
        }
    }
}
