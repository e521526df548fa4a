//! What the code of one retry knows of its name: a flag for the start of a call, and the record.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::overlay::DeclaredLimits;
use super::record::RetryRecord;
use super::start_flag::StartFlag;
use crate::platform::const_fn;
use crate::retry::policy::RetryPolicy;

/// What the code of one retry knows of its name. A function has it in a static; a handle holds it.
#[derive(Debug)]
pub struct RetryCell {
    start: StartFlag,
    record: OnceLock<Arc<RetryRecord>>,
}

impl RetryCell {
    const_fn! {
        /// Makes the cell of a function, before its first call.
        pub(crate) fn unregistered() -> Self {
            Self { start: StartFlag::unregistered(), record: OnceLock::new() }
        }
    }

    /// Makes the cell of a handle. Its calls ask the record at their start.
    pub(super) fn of_handle(record: Arc<RetryRecord>) -> Self {
        Self { start: StartFlag::watched(), record: OnceLock::from(record) }
    }

    /// Returns whether a call starts without a look at the record and at the clock.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.start.is_plain()
    }

    /// Registers the name, if that has not happened. If several threads ask at once, only one of
    /// them calls `register`. `policy` is what the calls start with, unless each gives a policy.
    pub(crate) fn register(
        &'static self,
        policy: &RetryPolicy,
        register: impl FnOnce() -> Arc<RetryRecord>,
    ) -> &'static Arc<RetryRecord> {
        let mut is_first = false;
        let record = self.record.get_or_init(|| {
            is_first = true;
            register()
        });
        if is_first {
            record.attach(&self.start, policy.max_elapsed.is_some());
        }
        record
    }

    pub(crate) fn record(&self) -> Option<&Arc<RetryRecord>> {
        self.record.get()
    }

    /// Returns whether a call must read the clock at its start: its policy or an override limits
    /// its time.
    pub(crate) fn is_timed(&self, policy: &RetryPolicy) -> bool {
        let overlay = || self.record().and_then(|record| record.overlay());
        policy.max_elapsed.is_some() || overlay().is_some_and(|overlay| overlay.concerns_start())
    }

    /// Returns the time limits of a call that starts now.
    #[cold]
    pub(super) fn limits(
        &self,
        declared: DeclaredLimits,
        own: [Option<Duration>; 2],
    ) -> [Option<Duration>; 2] {
        let overlay = self.record().and_then(|record| record.overlay());
        overlay.map_or(own, |overlay| overlay.limits(declared, own))
    }
}

/// What the models do with the cell of a function, which outside of models is in a static.
#[cfg(any(loom, shuttle))]
impl RetryCell {
    /// Makes the cell of a function, before its first call.
    pub fn of_function() -> &'static Self {
        Box::leak(Box::new(Self::unregistered()))
    }

    /// Returns whether a call asks for the override when it starts.
    pub fn asks_at_start(&self) -> bool {
        !self.is_plain()
    }
}
