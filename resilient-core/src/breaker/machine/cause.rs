//! The cause of a transition.

use crate::signal::{Condition, OperatorNote, TransitionReason};

/// Why the state changes, the condition that is met, and the note of the operator who changes the
/// state.
pub(super) struct Cause {
    pub(super) reason: TransitionReason,
    pub(super) condition: Option<Condition>,
    pub(super) note: OperatorNote,
}

impl Cause {
    /// The cause of a change by an operator, or by an override if the note has a table.
    pub(super) fn by_hand(note: OperatorNote) -> Self {
        let is_by_hand = note.table().is_none();
        let reason = if is_by_hand { TransitionReason::Manual } else { TransitionReason::Override };
        Self { reason, condition: None, note }
    }

    /// The cause of the end of a state, which was set with this note.
    pub(super) fn end_of_hold(note: OperatorNote) -> Self {
        let is_by_hand = note.table().is_none();
        let reason =
            if is_by_hand { TransitionReason::ManualEnd } else { TransitionReason::OverrideEnd };
        Self { reason, condition: None, note }
    }
}

impl From<TransitionReason> for Cause {
    fn from(reason: TransitionReason) -> Self {
        Self { reason, condition: None, note: OperatorNote::EMPTY }
    }
}

impl From<Condition> for Cause {
    fn from(condition: Condition) -> Self {
        Self { condition: Some(condition), ..Self::from(condition.reason()) }
    }
}
