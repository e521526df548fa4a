//! The hook through which a test records calls, skips their sleeps and seeds their delays. Without
//! the feature `test-util` no call has a record, and the compiler removes the hook.

use std::fmt::Debug;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
#[cfg(feature = "test-util")]
use std::sync::OnceLock;
use std::time::Duration;

use crate::signal::StopReason;

/// The record of one call under test.
pub(crate) trait CallRecord: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Records that an attempt ran.
    fn attempted(&self);
    /// Records that the call sleeps before its next attempt.
    fn sleeps(&self, delay: Duration);
    /// Records that the call waits for its circuit, for at most this time.
    fn waits(&self, most: Duration);
    fn ended(&self, end: Result<(), StopReason>);
    /// Returns whether sleeps are skipped. Skipped sleeps need no timer.
    fn skips_sleeps(&self) -> bool;
    /// Returns the sum of the skipped sleeps, which counts as elapsed time.
    fn skipped(&self) -> Duration;
    /// Returns the seed for the call's delays. If the policy has a seed, that seed applies instead.
    fn seed(&self) -> u64;
    /// Returns the maximum number of retries in the test. If the policy allows fewer, its maximum
    /// applies.
    fn max_retries(&self) -> u32;
}

/// A function that makes the record of a call, or returns `None` if the call is not under test.
#[cfg(feature = "test-util")]
type Begin = fn(&'static Location<'static>) -> Option<Box<dyn CallRecord>>;

#[cfg(feature = "test-util")]
static BEGIN: OnceLock<Begin> = OnceLock::new();

/// Sets the function that begins records. Only the first call has an effect.
#[cfg(feature = "test-util")]
pub(crate) fn install(begin: Begin) {
    BEGIN.get_or_init(|| begin);
}

/// The record of one call, if the call is under test.
#[derive(Debug)]
pub(super) struct TestHook {
    #[cfg(feature = "test-util")]
    record: Option<Box<dyn CallRecord>>,
}

impl TestHook {
    #[cfg_attr(not(feature = "test-util"), expect(unused_variables))]
    pub(super) fn begin(place: &'static Location<'static>) -> Self {
        Self {
            #[cfg(feature = "test-util")]
            record: BEGIN.get().and_then(|begin| begin(place)),
        }
    }

    #[cfg_attr(not(feature = "test-util"), expect(clippy::unused_self))]
    pub(super) fn record(&self) -> Option<&dyn CallRecord> {
        #[cfg(feature = "test-util")]
        return self.record.as_deref();
        #[cfg(not(feature = "test-util"))]
        None
    }

    /// Records that an attempt ran and succeeded.
    pub(super) fn succeeded(&self) {
        if let Some(record) = self.record() {
            record.attempted();
            record.ended(Ok(()));
        }
    }
}
