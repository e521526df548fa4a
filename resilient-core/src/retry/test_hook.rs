//! The hook by which a test records calls, skips their sleeps and seeds their delays. Without the
//! feature `test-util` it does nothing.

pub(super) use self::enabled::TestHook;
#[cfg(feature = "test-util")]
pub(crate) use self::enabled::{CallRecord, install};

#[cfg(feature = "test-util")]
mod enabled {
    use std::fmt::Debug;
    use std::panic::{Location, RefUnwindSafe, UnwindSafe};
    use std::sync::OnceLock;
    use std::time::Duration;

    use crate::signal::StopReason;

    /// The record that a test keeps of one call.
    pub(crate) trait CallRecord: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
        /// An attempt was made.
        fn attempted(&self);
        /// The call sleeps before its next attempt.
        fn waits(&self, delay: Duration);
        /// The call ended.
        fn ended(&self, end: Result<(), StopReason>);
        /// Whether sleeps are skipped.
        fn skips_sleeps(&self) -> bool;
        /// The seed of the call's delays, if its policy has none.
        fn seed(&self) -> u64;
        /// The maximum number of retries, if it is below the policy's.
        fn max_retries(&self) -> u32;
    }

    /// Begins the record of a call, if the call is under test.
    type Begin = fn(&'static Location<'static>) -> Option<Box<dyn CallRecord>>;

    static BEGIN: OnceLock<Begin> = OnceLock::new();

    /// Sets the function that begins records. The first one stays.
    pub(crate) fn install(begin: Begin) {
        BEGIN.get_or_init(|| begin);
    }

    /// One call's part in a test.
    #[derive(Debug)]
    pub(in crate::retry) struct TestHook {
        record: Option<Box<dyn CallRecord>>,
        skipped: Duration,
    }

    impl TestHook {
        pub(in crate::retry) fn begin(place: &'static Location<'static>) -> Self {
            Self {
                record: BEGIN.get().and_then(|begin| begin(place)),
                skipped: Duration::ZERO,
            }
        }

        pub(in crate::retry) fn attempted(&self) {
            if let Some(record) = &self.record {
                record.attempted();
            }
        }

        pub(in crate::retry) fn waits(&mut self, delay: Duration) {
            if let Some(record) = &self.record {
                record.waits(delay);
                if record.skips_sleeps() {
                    self.skipped = self.skipped.saturating_add(delay);
                }
            }
        }

        pub(in crate::retry) fn ended(&self, end: Result<(), StopReason>) {
            if let Some(record) = &self.record {
                record.ended(end);
            }
        }

        /// Whether sleeps need no timer.
        pub(in crate::retry) fn skips_sleeps(&self) -> bool {
            let record = self.record.as_ref();
            record.is_some_and(|record| record.skips_sleeps())
        }

        /// The sum of the skipped sleeps: it counts as time that has passed.
        pub(in crate::retry) fn skipped(&self) -> Duration {
            self.skipped
        }

        pub(in crate::retry) fn seed(&self, own: Option<u64>) -> Option<u64> {
            own.or_else(|| Some(self.record.as_ref()?.seed()))
        }

        pub(in crate::retry) fn max_retries(&self, own: u32) -> u32 {
            let record = self.record.as_ref();
            record.map_or(own, |record| own.min(record.max_retries()))
        }
    }
}

#[cfg(not(feature = "test-util"))]
mod enabled {
    use std::panic::Location;
    use std::time::Duration;

    use crate::signal::StopReason;

    /// No call is under test.
    #[derive(Debug)]
    pub(in crate::retry) struct TestHook;

    #[allow(clippy::unused_self, reason = "the same methods as with the feature")]
    impl TestHook {
        pub(in crate::retry) fn begin(_: &'static Location<'static>) -> Self {
            Self
        }

        pub(in crate::retry) fn attempted(&self) {}
        pub(in crate::retry) fn waits(&mut self, _: Duration) {}
        pub(in crate::retry) fn ended(&self, _: Result<(), StopReason>) {}

        pub(in crate::retry) fn skips_sleeps(&self) -> bool {
            false
        }

        pub(in crate::retry) fn skipped(&self) -> Duration {
            Duration::ZERO
        }

        pub(in crate::retry) fn seed(&self, own: Option<u64>) -> Option<u64> {
            own
        }

        pub(in crate::retry) fn max_retries(&self, own: u32) -> u32 {
            own
        }
    }
}
