//! The error of a call that was cut short.

use std::fmt;
use std::time::Duration;

/// Which time limit cut a call short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeLimit {
    /// `attempt_timeout` of `#[retry]`: the time for one attempt.
    AttemptTimeout,
    /// `deadline` of `#[retry]`: the time for the whole call, or what an outer call had left.
    Deadline,
    /// `#[timeout]`.
    Timeout,
    /// There is a limit and no async runtime with timers to keep it: nothing was called. Build the runtime with
    /// `enable_time` or `enable_all`, and make the call in it.
    NoTimer,
}

impl TimeLimit {
    /// The name in lower case, as metrics and logs use it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttemptTimeout => "attempt_timeout",
            Self::Deadline => "deadline",
            Self::Timeout => "timeout",
            Self::NoTimer => "no_timer",
        }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The call took too long and was cancelled: whether it took effect is not known.
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
}

impl TimedOut {
    /// Which limit it was.
    #[must_use]
    pub fn limit(&self) -> TimeLimit {
        self.limit
    }

    /// The limit: how long the attempt, or the whole call, was given. Where an outer call's deadline came first, that is
    /// what it had left.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }

    /// How many attempts there had been with this one; retries that a breaker rejected count, too. 1 for `#[timeout]`, which
    /// knows of none.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit,
            after,
            attempts,
        } = self;
        match limit {
            TimeLimit::AttemptTimeout => write!(f, "attempt {attempts} timed out after {after:?}"),
            TimeLimit::Deadline if *attempts == 1 => {
                write!(f, "deadline of {after:?} passed in the first attempt")
            }
            TimeLimit::Deadline => write!(f, "deadline of {after:?} passed in attempt {attempts}"),
            TimeLimit::Timeout => write!(f, "timed out after {after:?}"),
            TimeLimit::NoTimer => write!(
                f,
                "not called: there is no async runtime with timers to keep a limit of {after:?}"
            ),
        }
    }
}

impl std::error::Error for TimedOut {}

/// An error type that can say that a call timed out. Every `E: From<TimedOut>` can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the call timed out",
    label = "a time limit needs an error to return when it cuts the call short",
    note = "add `impl From<resilient::TimedOut> for {Self}` (for a type parameter, the bound), or return an error type \
            of your own"
)]
pub trait FromTimedOut: Sized {
    /// The error for a call that was cut short.
    fn timed_out(timed_out: TimedOut) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TimedOut>> FromTimedOut for E {
    fn timed_out(timed_out: TimedOut) -> Self {
        Self::from(timed_out)
    }
}

/// An output that a call which was cut short can have: `Err` of an error that [`FromTimedOut`], or `None`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the call timed out",
    label = "a time limit needs a value to return when it cuts the call short",
    note = "return a `Result` whose error has `From<resilient::TimedOut>`, or an `Option`"
)]
pub trait TimedOutOutput {
    /// The output of a call that was cut short.
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
