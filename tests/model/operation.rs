//! Operations on a breaker, and their results.

use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode};

use crate::settings::Settings;

/// The maximum number of calls in flight in a sequence.
pub(crate) const SLOTS: usize = 8;

/// One step of a sequence. The model computes times that depend on the state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// Requests a permit. An admitted call takes the first free slot, searched from this slot on.
    Admit(usize),
    /// Ends the first call in flight, searched from this slot on.
    End(usize, Ending),
    /// Makes a call that lasts for this span, and ends it.
    Call(Ending, Span),
    Advance(Span),
    Do(Action),
}

/// An operation with exact times. The model and the breaker both execute it.
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

/// An operation by hand. The operator's name is also the reason in the note.
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

/// The mode of an override, and how long the mode lasts.
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

/// A fixed time, or the time until a boundary. The model computes the boundary, and the sequence
/// ends exactly at the boundary, one nanosecond before, or one nanosecond after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Span {
    Fixed(Duration),
    Until(Edge, Side),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edge {
    /// The end of the wait that a rejection returns as `retry_after`.
    RetryAfter,
    Bucket,
    /// The end of a later bucket, this many buckets after the present bucket.
    Buckets(u32),
    /// The end of `slow_call`, counted from now.
    Slow,
    /// The end of the lease that ends last.
    LastLease,
    /// The end of the present state.
    StateEnd,
    /// The end of `failure_span`. From then on, a failure can open the circuit.
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
