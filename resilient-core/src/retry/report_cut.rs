//! What an attempt that a time limit cut short says about the dependency.

use crate::breaker::Permit;
use crate::deadline::CutCause;
use crate::signal::{Classification, FullTime, Outcome, TimeLimit};

// C2
/// Reports an attempt that was cut short. If the attempt had its full time, it counts as a failure,
/// so that a hanging host opens its circuit. If the user's settings ignore this failure
/// (`ignored`), the breaker ignores the attempt. If the attempt did not have its full time, it
/// counts as abandoned, so that a caller with a tiny deadline cannot open the circuit.
pub(crate) fn report_cut(permit: Permit<'_>, cause: CutCause, ignored: bool) {
    match cause.full_time() {
        // Without a timer, the operation was not called.
        _ if cause.limit() == TimeLimit::NoTimer => permit.report(Outcome::Ignored),
        FullTime::Call | FullTime::Neither => drop(permit),
        FullTime::Attempt if ignored => permit.report(Outcome::Ignored),
        FullTime::Attempt => {
            let class = Classification::transient();
            permit.report_class(Some(class.with_text(cause.limit().error_text())));
        }
    }
}
