//! What a finished call says: about the dependency's health, and about trying again.

use std::time::Duration;

/// What the end of a call says about the health of the dependency.
///
/// | outcome | meaning | closed | half-open |
/// |---|---|---|---|
/// | `Success` | it answered as it should | the streak of failures ends | one step towards closing |
/// | `Failure` | it is unhealthy | the streak grows by one | one step towards opening again |
/// | `Ignored` | nothing: a caller's own bad input | only the totals change | the probe slot is freed |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The dependency answered as it should.
    Success,
    /// The dependency is unhealthy.
    Failure,
    /// The call says nothing about the dependency.
    Ignored,
}

/// What one failed output means: for the breaker, and for the retry.
///
/// The two are separate questions. A rejected login is no sign of an unhealthy server and gains nothing from a second
/// try; a `429` says nothing against the server's health and is worth a retry.
///
/// ```
/// use resilient_core::signal::{Classification, Outcome};
/// use std::time::Duration;
///
/// let class = Classification::throttled().after(Duration::from_secs(2));
/// assert_eq!(class.health, Outcome::Ignored);
/// assert!(class.retry);
/// assert_eq!(class.retry_after, Some(Duration::from_secs(2)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Classification {
    /// What it says about the health of the dependency.
    pub health: Outcome,
    /// Whether another attempt may help.
    pub retry: bool,
    /// How long the dependency asks to be left alone. A retry waits at least that long (see
    /// [`RetryPolicyBuilder::max_retry_after`](crate::retry::RetryPolicyBuilder::max_retry_after)); a circuit that this output opens
    /// stays open at least that long.
    pub retry_after: Option<Duration>,
}

impl Classification {
    /// A failure that another attempt may not meet: a timeout, a reset connection, a `503`.
    #[must_use]
    pub const fn transient() -> Self {
        Self::new(Outcome::Failure, true)
    }

    /// A failure that every attempt will meet: a broken certificate.
    #[must_use]
    pub const fn permanent() -> Self {
        Self::new(Outcome::Failure, false)
    }

    /// A healthy dependency that asks for patience: a `429`.
    #[must_use]
    pub const fn throttled() -> Self {
        Self::new(Outcome::Ignored, true)
    }

    /// Nothing to do with the dependency: the caller's own bad input.
    #[must_use]
    pub const fn ignored() -> Self {
        Self::new(Outcome::Ignored, false)
    }

    /// An error to the caller, but an answer from a healthy dependency: a `404`.
    #[must_use]
    pub const fn answered() -> Self {
        Self::new(Outcome::Success, false)
    }

    /// The same, with the time that the dependency asks to be left alone.
    #[must_use]
    pub const fn after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    const fn new(health: Outcome, retry: bool) -> Self {
        Self {
            health,
            retry,
            retry_after: None,
        }
    }
}

/// An error that knows what it means for breakers and retries.
///
/// Both attributes use it where the error's type implements it and no key of the attribute says otherwise; without it,
/// every `Err` is [`Classification::transient`]. In a function that is generic over its error, it is found only if the function
/// has the bound `E: Classify`.
///
/// ```
/// use resilient_core::signal::{Classification, Classify};
/// use std::time::Duration;
///
/// enum PayError {
///     Timeout,
///     CardDeclined,
///     TooMany { wait: Duration },
/// }
///
/// impl Classify for PayError {
///     fn classify(&self) -> Classification {
///         match self {
///             Self::Timeout => Classification::transient(),
///             Self::CardDeclined => Classification::answered(),
///             Self::TooMany { wait } => Classification::throttled().after(*wait),
///         }
///     }
/// }
/// ```
pub trait Classify {
    /// What this error means.
    fn classify(&self) -> Classification;
}

impl<E: Classify + ?Sized> Classify for &E {
    fn classify(&self) -> Classification {
        (**self).classify()
    }
}

impl<E: Classify + ?Sized> Classify for Box<E> {
    fn classify(&self) -> Classification {
        (**self).classify()
    }
}

impl<E: Classify + ?Sized> Classify for std::sync::Arc<E> {
    fn classify(&self) -> Classification {
        (**self).classify()
    }
}

/// What a protected function returns: something that can be told to be a failure.
///
/// Implemented for `Result` (an `Err` is a failure) and `Option` (`None` is one).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell success from failure",
    label = "neither a `Result` nor an `Option`",
    note = "say what a failure is with `retry_when = |output| …` in `#[retry]` and `failure_when = |output| …` in \
            `#[circuit_breaker]`, or implement `resilient::outcome::Fallible` for it"
)]
pub trait Fallible {
    /// What a failed output carries.
    type Error;

    /// The error, if this output is a failure.
    fn failure(&self) -> Option<&Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    #[inline]
    fn failure(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

impl<T> Fallible for Option<T> {
    type Error = ();

    #[inline]
    fn failure(&self) -> Option<&()> {
        match self {
            Some(_) => None,
            None => Some(&()),
        }
    }
}

/// Every failed output is [`Classification::transient`]; a good one has no class.
#[inline]
pub(crate) fn every_failure<O: Fallible>(output: &O) -> Option<Classification> {
    output.failure().map(|_| Classification::transient())
}
