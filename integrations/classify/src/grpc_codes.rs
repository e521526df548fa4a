//! What the codes of gRPC mean, and the server's word about a retry.

use std::time::Duration;

use resilient::Classification;

/// The message of tonic for a call that a time limit of tonic ended.
const TIMEOUT_EXPIRED: &str = "Timeout expired";

/// Classifies a code and the message of its status. A code that gRPC does not define is `Unknown`.
pub(crate) fn of_status(code: i32, message: &str) -> Classification {
    match code {
        // If a time limit of the server ended the call, only the message says so.
        1 if message == TIMEOUT_EXPIRED => Classification::transient(),
        // DeadlineExceeded, Unavailable
        4 | 14 => Classification::transient(),
        // ResourceExhausted
        8 => Classification::throttled(),
        // Aborted: the server works and saw a conflict.
        10 => Classification::answered().retried(),
        // Cancelled: a caller wanted it.
        1 => Classification::ignored(),
        // Ok, InvalidArgument, NotFound, AlreadyExists, PermissionDenied, FailedPrecondition,
        // OutOfRange, Unimplemented, Unauthenticated
        0 | 3 | 5..=7 | 9 | 11 | 12 | 16 => Classification::answered(),
        // Unknown, Internal, DataLoss
        _ => Classification::permanent(),
    }
}

/// What the metadata `grpc-retry-pushback-ms` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushback {
    Absent,
    NoRetry,
    After(Duration),
}

impl Pushback {
    pub(crate) fn of(value: Option<&[u8]>) -> Self {
        let Some(value) = value else {
            return Self::Absent;
        };
        let millis = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
        millis.map_or(Self::NoRetry, |millis| Self::After(Duration::from_millis(millis)))
    }

    /// Adds the pushback to the class of a status. A longer hint of the class stays.
    pub(crate) fn apply(self, mut class: Classification) -> Classification {
        match self {
            Self::Absent => {}
            Self::NoRetry => class.retry = false,
            Self::After(time) => class.retry_after = class.retry_after.max(Some(time)),
        }
        class
    }
}
