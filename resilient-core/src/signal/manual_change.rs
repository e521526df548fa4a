//! A change of a breaker's state by hand.

use std::time::Duration;

use super::{OperatorMode, OperatorNote};

// B1: every operation by hand can carry a reason and an operator, and a mode also an end.
/// A change of a breaker's state by hand, with the operator's name and reason. Apply it to one
/// breaker with [`CircuitBreaker::apply`](crate::breaker::CircuitBreaker::apply), or to several
/// with [`Selection::apply`](crate::registry::Selection::apply).
///
/// ```
/// use resilient_core::breaker::{CircuitBreaker, CircuitState, ManualChange};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::default();
/// let hour = Duration::from_secs(3600);
/// let change = ManualChange::disable_for(hour).by("alice").because("the provider migrates");
/// breaker.apply(&change)?;
///
/// let snapshot = breaker.snapshot();
/// assert_eq!(snapshot.state, CircuitState::Disabled);
/// assert!(snapshot.ends_in <= Some(hour));
/// assert_eq!(snapshot.note.operator(), Some("alice"));
/// # Ok::<(), resilient_core::breaker::TransitionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a change has no effect until it is applied"]
pub struct ManualChange {
    pub(crate) operation: ManualOperation,
    pub(crate) note: OperatorNote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManualOperation {
    Trip,
    TripFor(Duration),
    HalfOpen,
    Close,
    /// Holds the breaker in a state, for a time if one is given.
    Hold(OperatorMode, Option<Duration>),
}

/// A state in which an operator or an override holds a breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) mode: OperatorMode,
    /// How long the state lasts, or `None` if it has no end.
    pub(crate) lasts: Option<Duration>,
    pub(crate) note: OperatorNote,
}

impl From<OperatorMode> for Hold {
    fn from(mode: OperatorMode) -> Self {
        Self { mode, lasts: None, note: OperatorNote::EMPTY }
    }
}

/// Defines constructors. Each is one line after its documentation.
macro_rules! changes {
    ($($(#[$doc:meta])+ $name:ident($($time:ident)?) = $operation:expr;)+) => {
        impl ManualChange {
            $(
                $(#[$doc])+
                pub const fn $name($($time: Duration)?) -> Self {
                    Self { operation: $operation, note: OperatorNote::EMPTY }
                }
            )+
        }
    };
}

changes! {
    /// See [`CircuitBreaker::trip`](crate::breaker::CircuitBreaker::trip).
    trip() = ManualOperation::Trip;
    /// See [`CircuitBreaker::trip_for`](crate::breaker::CircuitBreaker::trip_for).
    trip_for(time) = ManualOperation::TripFor(time);
    /// See [`CircuitBreaker::half_open`](crate::breaker::CircuitBreaker::half_open).
    half_open() = ManualOperation::HalfOpen;
    /// See [`CircuitBreaker::close`](crate::breaker::CircuitBreaker::close).
    close() = ManualOperation::Close;
    /// See [`CircuitBreaker::force_open`](crate::breaker::CircuitBreaker::force_open).
    force_open() = ManualOperation::Hold(OperatorMode::ForcedOpen, None);
    /// See [`CircuitBreaker::force_open_for`](crate::breaker::CircuitBreaker::force_open_for).
    force_open_for(time) = ManualOperation::Hold(OperatorMode::ForcedOpen, Some(time));
    /// See [`CircuitBreaker::disable`](crate::breaker::CircuitBreaker::disable).
    disable() = ManualOperation::Hold(OperatorMode::Disabled, None);
    /// See [`CircuitBreaker::disable_for`](crate::breaker::CircuitBreaker::disable_for).
    disable_for(time) = ManualOperation::Hold(OperatorMode::Disabled, Some(time));
    /// See [`CircuitBreaker::observe_only`](crate::breaker::CircuitBreaker::observe_only).
    observe_only() = ManualOperation::Hold(OperatorMode::ObserveOnly, None);
    /// See [`CircuitBreaker::observe_only_for`](crate::breaker::CircuitBreaker::observe_only_for).
    observe_only_for(time) = ManualOperation::Hold(OperatorMode::ObserveOnly, Some(time));
}

impl ManualChange {
    /// Sets the operator's name: see [`OperatorNote::by`].
    pub fn by(mut self, operator: impl AsRef<str>) -> Self {
        self.note = self.note.by(operator);
        self
    }

    /// Sets the reason: see [`OperatorNote::because`].
    pub fn because(mut self, reason: impl AsRef<str>) -> Self {
        self.note = self.note.because(reason);
        self
    }
}

impl From<Hold> for ManualChange {
    fn from(hold: Hold) -> Self {
        let Hold { mode, lasts, note } = hold;
        Self { operation: ManualOperation::Hold(mode, lasts), note }
    }
}
