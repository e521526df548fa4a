//! What can be done to a breaker, and what it answers.

use std::time::Duration;

use resilient::breaker::{CircuitState, OperatorMode};

use crate::settings::Settings;

/// How many calls may be in flight in a sequence.
pub(crate) const SLOTS: usize = 8;

/// One step of a sequence, of which the model works out what it is exactly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// A call is asked for, and if it is admitted kept in flight in the first free slot from this one on.
    Admit(usize),
    /// The first call in flight from this slot on ends.
    End(usize, Ending),
    /// A call from beginning to end, which takes so long.
    Call(Ending, Span),
    Advance(Span),
    Do(Action),
}

/// What is done, the same to the model and to the real breaker.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Admit(usize),
    End(usize, Ending),
    Advance(Duration),
    SetBack(Duration),
    Trip,
    TripFor(Duration),
    HalfOpen,
    Close,
    ForceOpen,
    Disable,
    ObserveOnly,
    Override(Settings, Option<OperatorMode>),
    ClearOverride,
}

/// How a call ends.
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

/// A time, or one that the model works out: so that boundaries are met exactly, missed by a nanosecond, and passed by one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Span {
    Fixed(Duration),
    Until(Edge, Side),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Edge {
    /// The end of the open time, or of the first lease.
    RetryAfter,
    /// The end of the present bucket.
    Bucket,
    /// The end of the present bucket, and so many buckets more.
    Buckets(u32),
    /// As long as a call that is just slow takes.
    Slow,
    /// The end of the last lease.
    LastLease,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Side {
    JustBefore,
    Exactly,
    JustAfter,
}

/// What a breaker answers to an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Nothing,
    Admitted,
    Rejected(Rejection),
    Refused {
        from: CircuitState,
        to: CircuitState,
    },
    Overridden {
        accepted: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejection {
    pub(crate) state: CircuitState,
    pub(crate) retry_after: Option<Duration>,
}
