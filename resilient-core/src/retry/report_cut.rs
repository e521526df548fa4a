//! What an attempt that a time limit cut short says about the dependency.

#[cfg(feature = "tokio")]
use std::cell::Cell;

#[cfg(feature = "tokio")]
use crate::breaker::OwnedPermit;
use crate::breaker::Permit;
use crate::deadline::CutCause;
#[cfg(feature = "tokio")]
use crate::deadline::CutShort;
#[cfg(feature = "tokio")]
use crate::signal::TimedOut;
use crate::signal::{Classification, FullTime, Outcome, TimeLimit};

// C2
/// Reports an attempt that was cut short. If the attempt had its full time, it counts as a failure,
/// so that a hanging host opens its circuit. If the user's settings ignore this failure
/// (`ignored`), the breaker ignores the attempt. If the attempt did not have its full time, it
/// counts as abandoned, so that a caller with a tiny deadline cannot open the circuit.
pub(crate) fn report_cut(permit: Permit<'_>, cause: CutCause, ignored: bool) {
    match class_of_cut(cause) {
        None => drop(permit),
        Some(_) if ignored => permit.report(Outcome::Ignored),
        class => permit.report_class(class),
    }
}

/// Returns the class of an attempt that was cut short, or `None` if the attempt is abandoned.
fn class_of_cut(cause: CutCause) -> Option<Classification> {
    match cause.full_time() {
        // Without a timer, the operation was not called.
        _ if cause.limit() == TimeLimit::NoTimer => Some(Classification::ignored()),
        FullTime::Call | FullTime::Neither => None,
        FullTime::Attempt => {
            Some(Classification::transient().with_text(cause.limit().error_text()))
        }
    }
}

#[cfg(feature = "tokio")]
thread_local! {
    /// Why this thread drops an attempt now.
    static CANCELLING: Cell<Option<CutCause>> = const { Cell::new(None) };
}

#[cfg(feature = "tokio")]
impl CutShort {
    /// Returns the error of the attempt.
    #[must_use]
    pub fn timed_out(&self) -> TimedOut {
        self.timed_out.clone()
    }

    // C2
    /// Drops the attempt with `drop`. The first call below whose permit is reported with
    /// [`report_cancelled`] meanwhile is reported by the limit that cut the attempt.
    pub fn cancel(&self, drop: impl FnOnce()) {
        struct Restored(Option<CutCause>);
        impl Drop for Restored {
            fn drop(&mut self) {
                let _ = CANCELLING.try_with(|cancelling| cancelling.set(self.0));
            }
        }
        let before = CANCELLING.try_with(|cancelling| cancelling.replace(Some(self.cause())));
        let _restored = Restored(before.ok().flatten());
        drop();
    }
}

// C2
/// Reports a call whose future is dropped before it is ready. If a retry loop around it drops its
/// attempt because a time limit [cut it short](CutShort::cancel), the call counts as that loop's
/// own call would: as a failure if the attempt had its full time. Otherwise the call is abandoned.
///
/// A future that is written by hand and owns its permit calls this in its `Drop`.
#[cfg(feature = "tokio")]
pub fn report_cancelled(permit: OwnedPermit) {
    // Calls inside this one are abandoned, so only this one takes the cause.
    let cause = CANCELLING.try_with(Cell::take).ok().flatten();
    match cause.and_then(class_of_cut) {
        Some(class) => permit.report_class(Some(class)),
        None => drop(permit),
    }
}
