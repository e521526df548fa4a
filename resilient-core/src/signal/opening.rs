//! What opened a circuit.

use std::fmt;
use std::sync::Arc;

use super::{Condition, FailureRecord, getters};

/// What opened a circuit: a condition with its numbers, and the last failure before the opening.
///
/// `Display` writes both: `5 consecutive failures; last failure: connection refused`. A clone is
/// cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    condition: Condition,
    last_failure: Option<FailureRecord>,
}

impl Opening {
    pub(crate) fn new(condition: Condition, last_failure: Option<FailureRecord>) -> Self {
        Self(Arc::new(Parts { condition, last_failure }))
    }

    getters! {
        |self|
        /// The condition that was met, with its numbers at that moment.
        condition: Condition = self.0.condition;
        /// The last failure that the breaker counted before the opening. `None` if slow or hung
        /// calls opened the circuit, and no call that the condition counts has failed.
        last_failure: Option<&FailureRecord> = self.0.last_failure.as_ref();
    }

    /// Removes the text of the last failure.
    #[must_use]
    pub(crate) fn without_text(&self) -> Self {
        Self::new(self.0.condition, self.0.last_failure.map(FailureRecord::without_text))
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.condition)?;
        match self.0.last_failure.as_ref().and_then(FailureRecord::text) {
            Some(text) => write!(f, "; last failure: {text}"),
            None => Ok(()),
        }
    }
}
