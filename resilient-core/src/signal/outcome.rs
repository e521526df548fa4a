//! The meaning of a finished call for the dependency's health and for a retry.

use std::fmt::Display;
use std::time::Duration;

use super::ErrorText;

/// What a finished call shows about the health of the dependency.
///
/// | outcome | meaning | closed | half-open |
/// |---|---|---|---|
/// | `Success` | the dependency responded as it should | the streak of failures ends | one step towards closing |
/// | `Failure` | the dependency is unhealthy | the streak grows by one | one step towards opening again |
/// | `Ignored` | the call shows nothing, for example because the caller's input is invalid | only the totals change | the probe slot is freed |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The dependency responded as it should.
    Success,
    /// The dependency is unhealthy.
    Failure,
    /// The call shows nothing about the dependency.
    Ignored,
}

/// The meaning of a failed output, for the breaker and for the retry.
/// Health and retry are separate questions. Neither a rejected login nor a `429` shows that the
/// server is unhealthy. A retry after a rejected login does not help; a retry after a `429` does
/// help.
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
    /// What the output shows about the health of the dependency.
    pub health: Outcome,
    /// Whether another attempt may help.
    pub retry: bool,
    /// The dependency's hint about how long to wait. A retry waits at least this long, up to
    /// [`max_retry_after`](crate::retry::RetryPolicyBuilder::max_retry_after). If this output opens
    /// the circuit, the circuit stays open at least this long.
    pub retry_after: Option<Duration>,
    text: Option<ErrorText>,
}

impl Classification {
    /// Makes the class of a failure that a retry may overcome: a timeout, a reset connection, a
    /// `503`.
    #[must_use]
    pub const fn transient() -> Self {
        Self::new(Outcome::Failure, true)
    }

    /// Makes the class of a failure that no retry can overcome: an invalid certificate.
    #[must_use]
    pub const fn permanent() -> Self {
        Self::new(Outcome::Failure, false)
    }

    /// Makes the class of an output by which a healthy dependency asks the caller to wait: a `429`.
    #[must_use]
    pub const fn throttled() -> Self {
        Self::new(Outcome::Ignored, true)
    }

    /// Makes the class of a failure that the dependency did not cause: invalid input of the caller.
    #[must_use]
    pub const fn ignored() -> Self {
        Self::new(Outcome::Ignored, false)
    }

    /// Makes the class of a healthy dependency's response that is an error for the caller: a `404`.
    #[must_use]
    pub const fn answered() -> Self {
        Self::new(Outcome::Success, false)
    }

    /// Says that another attempt may help, whatever the health. A database that reports a deadlock,
    /// for example, is healthy, and the transaction is worth a retry.
    ///
    /// ```
    /// use resilient_core::signal::{Classification, Outcome};
    ///
    /// let deadlock = Classification::answered().retried();
    /// assert_eq!((deadlock.health, deadlock.retry), (Outcome::Success, true));
    /// ```
    #[must_use]
    pub const fn retried(mut self) -> Self {
        self.retry = true;
        self
    }

    /// Adds the dependency's hint about how long to wait.
    #[must_use]
    pub const fn after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    // B20
    /// Adds a short text about the error, for logs and snapshots: see [`ErrorText`]. The breaker
    /// and the retry use this text in place of the text that the error's `Display` writes. Give a
    /// text if the error has no `Display`, or if its `Display` writes a secret.
    ///
    /// ```
    /// use resilient_core::signal::Classification;
    ///
    /// let class = Classification::transient().with_text("status 503");
    /// assert_eq!(class.text().unwrap().as_str(), "status 503");
    /// ```
    #[must_use]
    pub fn with_text(mut self, text: impl Display) -> Self {
        self.text = Some(ErrorText::of(&text));
        self
    }

    /// Returns the text about the error, if one was given.
    #[must_use]
    pub const fn text(&self) -> Option<&ErrorText> {
        self.text.as_ref()
    }

    /// Adds the `Display` of the error, as [`described_with`](Self::described_with) does.
    #[must_use]
    pub(crate) fn described_by(self, error: Option<&dyn Display>) -> Self {
        match error {
            Some(error) => self.described_with(|| ErrorText::of(error)),
            None => self,
        }
    }

    /// Adds a text, unless the class has one. A class that is neither a failure nor retried gets no
    /// text, because nobody remembers it.
    #[must_use]
    pub(crate) fn described_with(mut self, text: impl FnOnce() -> ErrorText) -> Self {
        if self.text.is_none() && (self.health == Outcome::Failure || self.retry) {
            self.text = Some(text());
        }
        self
    }

    const fn new(health: Outcome, retry: bool) -> Self {
        Self { health, retry, retry_after: None, text: None }
    }
}

/// Classifies errors for breakers and retries.
///
/// If the error type of an annotated function implements this trait, the attributes use the trait,
/// unless a key of the attribute classifies the errors. If the error type does not implement the
/// trait, every `Err` is [`Classification::transient`]. A function that is generic over its error
/// needs the bound `E: Classify`.
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
#[diagnostic::on_unimplemented(
    note = "for an error of another crate, name a function that classifies it: with \
            `#[classify(with = path)]` above the variant that has it, or with `classify = path` in \
            `#[retry]` or `#[circuit_breaker]`; the crate `resilient-classify` has such functions \
            for the errors of io, reqwest, sqlx, redis, tonic and anyhow"
)]
pub trait Classify {
    /// Returns the meaning of this error.
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

/// The output of a protected function: a success or a failure.
///
/// `Result` and `Option` implement it: `Err` and `None` are failures.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell success from failure",
    label = "neither a `Result` nor an `Option`",
    note = "return a `Result` or an `Option`, say what a failure is with \
            `retry_when = |output| …` in `#[retry]` and with `failure_when = |output| …` in a \
            `#[circuit_breaker]` beside it, or implement `resilient::outcome::Fallible` for it"
)]
pub trait Fallible {
    /// The error type of a failed output.
    type Error;

    /// Returns the error if this output is a failure.
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

/// Classifies every failed output as [`Classification::transient`]. A success has no class.
#[inline]
pub(crate) fn every_failure<O: Fallible>(output: &O) -> Option<Classification> {
    output.failure().map(|_| Classification::transient())
}
