//! The log lines about callers in other processes.

use crate::telemetry::targets::DEADLINE;

pub(super) fn unreadable(header: &str) {
    tracing::warn!(target: DEADLINE, header, "a header of a caller cannot be read and is ignored");
}

pub(super) fn late(header: &str) {
    tracing::debug!(target: DEADLINE, header, "the time of a request was up before it started");
}
