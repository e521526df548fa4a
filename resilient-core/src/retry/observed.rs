//! A call under test: see [`testing`](crate::testing). Nothing at all without the feature `test-util`.

use std::panic::Location;
use std::time::Duration;

use crate::signal::StopReason;

/// What a test's scope has to do with one call.
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub(super) struct Observed {
    recording: Option<crate::testing::Recording>,
    skipped: Duration,
}

#[cfg(feature = "test-util")]
impl Observed {
    pub(super) fn begin(place: &'static Location<'static>) -> Self {
        Self {
            recording: crate::testing::current().map(|scope| scope.begin(place)),
            skipped: Duration::ZERO,
        }
    }

    pub(super) fn attempted(&self) {
        if let Some(recording) = &self.recording {
            recording.attempted();
        }
    }

    pub(super) fn waits(&mut self, delay: Duration) {
        if let Some(recording) = &self.recording {
            recording.waits(delay);
            if recording.skips_sleeps() {
                self.skipped = self.skipped.saturating_add(delay);
            }
        }
    }

    pub(super) fn ended(&self, end: Result<(), StopReason>) {
        if let Some(recording) = &self.recording {
            recording.ended(end);
        }
    }

    /// Whether sleeps need no timer.
    pub(super) fn skips_sleeps(&self) -> bool {
        let recording = self.recording.as_ref();
        recording.is_some_and(crate::testing::Recording::skips_sleeps)
    }

    /// Time that has passed without passing.
    pub(super) fn skipped(&self) -> Duration {
        self.skipped
    }

    pub(super) fn seed(&self, own: Option<u64>) -> Option<u64> {
        own.or_else(|| Some(self.recording.as_ref()?.seed()))
    }

    pub(super) fn max_retries(&self, own: u32) -> u32 {
        let recording = self.recording.as_ref();
        recording.map_or(own, |recording| own.min(recording.max_retries()))
    }
}

#[cfg(not(feature = "test-util"))]
#[derive(Debug)]
pub(super) struct Observed;

#[cfg(not(feature = "test-util"))]
#[allow(clippy::unused_self, reason = "as where there is something to do")]
impl Observed {
    pub(super) fn begin(_: &'static Location<'static>) -> Self {
        Self
    }

    pub(super) fn attempted(&self) {}
    pub(super) fn waits(&mut self, _: Duration) {}
    pub(super) fn ended(&self, _: Result<(), StopReason>) {}

    pub(super) fn skips_sleeps(&self) -> bool {
        false
    }

    pub(super) fn skipped(&self) -> Duration {
        Duration::ZERO
    }

    pub(super) fn seed(&self, own: Option<u64>) -> Option<u64> {
        own
    }

    pub(super) fn max_retries(&self, own: u32) -> u32 {
        own
    }
}
