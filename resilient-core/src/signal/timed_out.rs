//! The error of a call that exceeded a time limit.

use std::fmt;
use std::io;
use std::time::Duration;

use super::{Classification, Classify, ErrorText, getters};

labels! {
    /// The time limit that a call exceeded.
    pub enum TimeLimit {
        /// `attempt_timeout` of `#[retry]`: the time for one attempt.
        AttemptTimeout = "attempt_timeout",
        /// `deadline` of `#[retry]`: the time for the whole call, or the rest of an outer call's
        /// deadline if that ends first.
        Deadline = "deadline",
        /// `#[timeout]`: the time for the whole call.
        Timeout = "timeout",
        /// The deadline of a [scope](crate::deadline::scope), or of a [caller in another
        /// process](crate::deadline::CallerContext).
        Scope = "deadline_scope",
        /// The call has a limit, but there is no async runtime with timers, so nothing was called.
        /// Make the call in a runtime that was built with `enable_time` or `enable_all`.
        NoTimer = "no_timer",
    }
    /// Returns the label for metrics and logs.
    pub fn as_str;
    #[cfg(test)]
    pub(crate) const ALL: 5;
}

/// The error of a call that took too long and was cancelled. Whether the call took effect is
/// unknown.
///
/// ```
/// use resilient_core::retry::{TimeLimit, TimedOut};
///
/// #[derive(Debug)]
/// enum PayError { TimedOut(TimedOut) }
///
/// impl From<TimedOut> for PayError {
///     fn from(timed_out: TimedOut) -> Self { Self::TimedOut(timed_out) }
/// }
///
/// fn is_worth_a_call_to_support(error: &PayError) -> bool {
///     let PayError::TimedOut(timed_out) = error;
///     timed_out.limit() == TimeLimit::Deadline && timed_out.attempts() > 1
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut {
    pub(crate) limit: TimeLimit,
    pub(crate) after: Duration,
    pub(crate) attempts: u32,
    pub(crate) full_time: FullTime,
}

/// Whether the attempt or the call had its full time when a time limit cut the attempt short. The
/// full time is the time that its own settings allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FullTime {
    /// The attempt had its full time: the dependency hangs.
    Attempt,
    /// The call had its full time, but this attempt did not. To a breaker around the loop, the
    /// dependency hangs.
    Call,
    /// Neither had its full time: the deadline of an outer call came first, or no attempt started.
    Neither,
}

impl TimeLimit {
    // B20
    /// Returns the text about an attempt that this limit ended.
    pub(crate) fn error_text(self) -> ErrorText {
        match self {
            Self::NoTimer => ErrorText::of("not called: no timer for the time limit"),
            limit => ErrorText::of(&format_args!("{limit} exceeded")),
        }
    }
}

impl TimedOut {
    /// Returns the error of a call that was not made, because only `left` was left.
    pub(crate) fn before_the_call(left: Duration) -> Self {
        Self { limit: TimeLimit::Scope, after: left, attempts: 0, full_time: FullTime::Neither }
    }

    getters! {
        |self|
        /// The limit that was exceeded.
        limit: TimeLimit = self.limit;
        /// The time that the attempt or the whole call had. If an outer call's deadline came first,
        /// this is the rest of the outer call's time.
        after: Duration = self.after;
        /// The number of attempts, including the last attempt and attempts that a breaker rejected.
        /// It is 1 for `#[timeout]`, and 0 for a scope and if the gate of the call admitted none.
        attempts: u32 = self.attempts;
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, after, attempts, full_time: _ } = self;
        match limit {
            TimeLimit::AttemptTimeout => write!(f, "attempt {attempts} timed out after {after:?}"),
            TimeLimit::Deadline if *attempts == 0 => {
                write!(f, "deadline of {after:?} passed before the first attempt")
            }
            TimeLimit::Deadline if *attempts == 1 => {
                write!(f, "deadline of {after:?} passed in the first attempt")
            }
            TimeLimit::Deadline => write!(f, "deadline of {after:?} passed in attempt {attempts}"),
            TimeLimit::Timeout => write!(f, "timed out after {after:?}"),
            TimeLimit::Scope => write!(f, "deadline of {after:?} passed"),
            TimeLimit::NoTimer => write!(
                f,
                "not called: there is no async runtime with timers to keep a limit of {after:?}"
            ),
        }
    }
}

impl std::error::Error for TimedOut {}

// C2, C4, R6
/// Classifies a time limit that a callee exceeded. An attempt that was too slow
/// ([`AttemptTimeout`](TimeLimit::AttemptTimeout), [`Timeout`](TimeLimit::Timeout)) is
/// [`transient`](Classification::transient). A passed [`Deadline`](TimeLimit::Deadline) is
/// [`permanent`](Classification::permanent): the callee has used up the time that it had for all
/// attempts. If it was the deadline of a call around the callee, or if it passed before the first
/// attempt, the class is [`ignored`](Classification::ignored): the dependency had less time than
/// the callee allows. A passed [`Scope`](TimeLimit::Scope) is also ignored.
/// Without a timer nothing was called, so [`NoTimer`](TimeLimit::NoTimer) is
/// [`ignored`](Classification::ignored), too.
///
/// ```
/// use resilient_core::retry::TimedOut;
/// use resilient_core::signal::Classify;
///
/// fn is_worth_a_retry(error: &TimedOut) -> bool {
///     error.classify().retry
/// }
/// ```
impl Classify for TimedOut {
    fn classify(&self) -> Classification {
        match (self.limit, self.full_time) {
            (TimeLimit::AttemptTimeout | TimeLimit::Timeout, _) => Classification::transient(),
            (TimeLimit::Deadline, FullTime::Attempt | FullTime::Call) => {
                Classification::permanent()
            }
            // D3
            (TimeLimit::Deadline, FullTime::Neither)
            | (TimeLimit::Scope | TimeLimit::NoTimer, _) => Classification::ignored(),
        }
    }
}

/// The kind is [`TimedOut`](io::ErrorKind::TimedOut), and [`get_ref`](io::Error::get_ref) returns
/// this error. A limit that had no timer ([`TimeLimit::NoTimer`]) becomes the kind
/// [`Other`](io::ErrorKind::Other), because nothing was called.
impl From<TimedOut> for io::Error {
    fn from(timed_out: TimedOut) -> Self {
        let kind = match timed_out.limit {
            TimeLimit::NoTimer => io::ErrorKind::Other,
            _ => io::ErrorKind::TimedOut,
        };
        Self::new(kind, timed_out)
    }
}

/// An error type that can be made from [`TimedOut`]. Every type that implements `From<TimedOut>`
/// also implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the call timed out",
    label = "a time limit needs an error to return when it cuts the call short",
    note = "an error type of yours: mark a variant that holds a `resilient::TimedOut` with \
            `#[timed_out]` in `#[derive(resilient::Classify)]`, or write \
            `impl From<resilient::TimedOut>` (for a type parameter, the bound)",
    note = "an error type of another crate: wrap the error in a type of yours, or set the time \
            limit in the client that makes the call; `std::io::Error`, `anyhow::Error` and \
            `Box<dyn Error + Send + Sync>` need neither"
)]
pub trait FromTimedOut: Sized {
    /// Makes the error of a call that exceeded a time limit.
    fn timed_out(timed_out: TimedOut) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TimedOut>> FromTimedOut for E {
    fn timed_out(timed_out: TimedOut) -> Self {
        Self::from(timed_out)
    }
}

/// An output that a call can have when it exceeds its time limit: `None`, or an `Err` whose type
/// implements [`FromTimedOut`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the call timed out",
    label = "a time limit needs a value to return when it cuts the call short",
    note = "return a `Result` whose error has `From<resilient::TimedOut>`, or an `Option`"
)]
pub trait TimedOutOutput {
    /// Makes the output of a call that exceeded a time limit.
    fn timed_out(timed_out: TimedOut) -> Self;
}

impl<T, E: FromTimedOut> TimedOutOutput for Result<T, E> {
    fn timed_out(timed_out: TimedOut) -> Self {
        Err(E::timed_out(timed_out))
    }
}

impl<T> TimedOutOutput for Option<T> {
    fn timed_out(_: TimedOut) -> Self {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_decides_the_class() {
        for (limit, full_time, expected) in [
            (TimeLimit::AttemptTimeout, FullTime::Attempt, Classification::transient()),
            (TimeLimit::Timeout, FullTime::Attempt, Classification::transient()),
            (TimeLimit::Deadline, FullTime::Call, Classification::permanent()),
            (TimeLimit::Deadline, FullTime::Neither, Classification::ignored()),
            (TimeLimit::Scope, FullTime::Call, Classification::ignored()),
            (TimeLimit::Scope, FullTime::Neither, Classification::ignored()),
            (TimeLimit::NoTimer, FullTime::Neither, Classification::ignored()),
        ] {
            let after = Duration::from_secs(1);
            let timed_out = TimedOut { limit, after, attempts: 1, full_time };
            assert_eq!(timed_out.classify(), expected, "{limit:?}, {full_time:?}");
        }
    }
}
