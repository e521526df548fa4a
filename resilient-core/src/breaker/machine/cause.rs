//! The cause of a transition.

use crate::signal::{OperatorNote, TransitionReason};

/// Why the state changes, and the note of the operator who changes it.
pub(super) struct Cause {
    pub(super) reason: TransitionReason,
    pub(super) note: OperatorNote,
}

impl Cause {
    /// The cause of a change by an operator, or by an override if the note has a table.
    pub(super) fn by_hand(note: OperatorNote) -> Self {
        let is_by_hand = note.table().is_none();
        let reason = if is_by_hand { TransitionReason::Manual } else { TransitionReason::Override };
        Self { reason, note }
    }

    /// The cause of the end of a state, which was set with this note.
    pub(super) fn end_of_hold(note: OperatorNote) -> Self {
        let is_by_hand = note.table().is_none();
        let reason =
            if is_by_hand { TransitionReason::ManualEnd } else { TransitionReason::OverrideEnd };
        Self { reason, note }
    }
}

impl From<TransitionReason> for Cause {
    fn from(reason: TransitionReason) -> Self {
        Self { reason, note: OperatorNote::EMPTY }
    }
}
