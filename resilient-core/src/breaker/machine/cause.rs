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
    pub(super) fn by_hand(note: OperatorNote) -> Self {
        Self { reason: TransitionReason::Manual, condition: None, note }
    }

    /// The end of a state that was set by hand with this note.
    pub(super) fn end_of_hold(note: OperatorNote) -> Self {
        Self { reason: TransitionReason::ManualEnd, condition: None, note }
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
