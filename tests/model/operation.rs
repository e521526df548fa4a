//! Operations on a breaker, and their results.

use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode};

use crate::settings::Settings;

/// The maximum number of calls in flight in a sequence.
pub(crate) const SLOTS: usize = 8;

/// One step of a sequence. The model computes the exact action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// Requests a permit. If the permit is granted, the call takes the first free slot, searched
    /// from this slot on.
    Admit(usize),
    /// Ends the first call in flight, searched from this slot on.
    End(usize, Ending),
    /// Makes a whole call that lasts for this span.
    Call(Ending, Span),
    Advance(Span),
    Do(Action),
}

/// An exact action, which both the model and the breaker execute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Admit(usize),
    End(usize, Ending),
    Advance(Duration),
    SetBack(Duration),
    ByHand(ByHand, Option<&'static str>),
    Override(Settings, Option<Mode>),
    ClearOverride,
}

/// An operation by hand. An action carries the operator's name with it, which is also the reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ByHand {
    Trip,
    TripFor(Duration),
    HalfOpen,
    Close,
    Hold(OperatorMode, Option<Duration>),
}

impl Action {
    pub(crate) const CLOSE: Self = Self::ByHand(ByHand::Close, None);
}

/// The mode of an override, and how long it lasts.
pub(crate) type Mode = (OperatorMode, Option<Duration>);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ending {
    Success,
    Failure,
    Ignored,
    SuccessAfter(Duration),
    FailureAfter(Duration),
    Dropped,
    Unwound,
}

/// A fixed time, or the time to a boundary that the model computes. Sequences reach a boundary
/// exactly, one nanosecond early, or one nanosecond late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Span {
    Fixed(Duration),
    Until(Edge, Side),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edge {
    /// The end of the wait that `retry_after` of a rejection states.
    RetryAfter,
    Bucket,
    /// The end of a later bucket: this many buckets after the present bucket.
    Buckets(u32),
    /// The shortest time that makes a call slow.
    Slow,
    /// The end of the last lease.
    LastLease,
    /// The end of the present state.
    StateEnd,
    /// The time from which on a failure ends a streak that is long enough.
    FailureSpan,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Side {
    JustBefore,
    Exactly,
    JustAfter,
}

/// The result of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Nothing,
    Admitted,
    Rejected(Rejection),
    Refused { from: CircuitState, to: CircuitState },
    Overridden { accepted: bool },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejection {
    pub(crate) state: CircuitState,
    pub(crate) retry_after: Option<Duration>,
}
