//! The cause of a transition.

use crate::signal::{OperatorNote, TransitionReason};

/// Why the state changes, and the note of the operator who changes it.
pub(super) struct Cause {
    pub(super) reason: TransitionReason,
    pub(super) note: OperatorNote,
}

impl Cause {
    pub(super) fn by_hand(note: OperatorNote) -> Self {
        Self { reason: TransitionReason::Manual, note }
    }
}

impl From<TransitionReason> for Cause {
    fn from(reason: TransitionReason) -> Self {
        Self { reason, note: OperatorNote::EMPTY }
    }
}
