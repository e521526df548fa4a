//! The states that only an operator sets.

use super::CircuitState;

/// A state in which an override holds a breaker until the override is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OperatorMode {
    /// [`CircuitState::ForcedOpen`]: rejects every call.
    ForcedOpen,
    /// [`CircuitState::Disabled`]: admits every call and records nothing.
    Disabled,
    /// [`CircuitState::ObserveOnly`]: admits every call and reports that it would have opened.
    ObserveOnly,
}

impl OperatorMode {
    /// The state of this mode.
    #[must_use]
    pub const fn state(self) -> CircuitState {
        match self {
            Self::ForcedOpen => CircuitState::ForcedOpen,
            Self::Disabled => CircuitState::Disabled,
            Self::ObserveOnly => CircuitState::ObserveOnly,
        }
    }
}
