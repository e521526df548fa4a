//! The error of a rejected call.

use std::fmt;
use std::io;
use std::time::Duration;

use super::{CircuitState, Classification, Classify, Name, getters};

// B7: a few words, cloned without allocation.
/// The error of a call that the breaker rejected because the circuit is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitOpen {
    breaker: Name,
    state: CircuitState,
    retry_after: Wait,
}

impl CircuitOpen {
    pub(crate) fn new(breaker: Name, state: CircuitState, retry_after: Wait) -> Self {
        Self { breaker, state, retry_after }
    }

    getters! {
        |self|
        /// The name of the breaker that rejected the call.
        breaker: &str = &self.breaker;
        /// The key of the breaker, if the name has a breaker for each key.
        key: Option<&str> = self.breaker.key();
        /// The state of the breaker: open, half-open with all probe slots taken, or forced open.
        state: CircuitState = self.state;
        /// How long until a call may be admitted. `None` means that the time is unknown, because
        /// the circuit is forced open, is open until an operator closes it, or is half-open with
        /// all slots taken by probes whose lease has no end. If an open circuit rejected the call
        /// and the caller sleeps exactly this long, the next call is admitted. `Duration::MAX`
        /// stands for more than 584 years.
        retry_after: Option<Duration> = self.retry_after.time();
    }
}

/// How long to wait, in nanoseconds, if the time is known. It is stored as one word, and converted
/// into a `Duration` on demand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wait(u64);

impl Wait {
    pub(crate) const UNKNOWN: Self = Self(u64::MAX);
    /// A wait of more than 584 years, which does not fit into the word.
    const AGES: Self = Self(u64::MAX - 1);

    pub(crate) fn of_nanos(nanos: u64) -> Self {
        Self(nanos).min(Self::AGES)
    }

    fn time(self) -> Option<Duration> {
        match self {
            Self::UNKNOWN => None,
            Self::AGES => Some(Duration::MAX),
            Self(nanos) => Some(Duration::from_nanos(nanos)),
        }
    }
}

impl From<Option<Duration>> for Wait {
    fn from(time: Option<Duration>) -> Self {
        time.map_or(Self::UNKNOWN, |time| {
            Self::of_nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
        })
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.time().fmt(f)
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit breaker {} is ", self.breaker.quoted())?;
        f.write_str(match self.state {
            CircuitState::HalfOpen => "half-open and all its probes are in flight",
            CircuitState::ForcedOpen => "forced open",
            _ => "open",
        })?;
        match self.retry_after() {
            Some(time) => write!(f, ": try again in {}", Rough(time)),
            None => Ok(()),
        }
    }
}

/// Displays a duration for people: `975ms`, `1.0s`. It is rounded up, so that a wait of the
/// displayed time is long enough.
struct Rough(Duration);

impl fmt::Display for Rough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_nanos().div_ceil(1_000_000);
        if millis < 1_000 {
            write!(f, "{millis}ms")
        } else {
            let tenths = millis.div_ceil(100);
            write!(f, "{}.{}s", tenths / 10, tenths % 10)
        }
    }
}

impl std::error::Error for CircuitOpen {}

// R8
/// A rejection is [`ignored`](Classification::ignored): it says nothing about the dependency that
/// another breaker guards, and a retry would be rejected again.
impl Classify for CircuitOpen {
    fn classify(&self) -> Classification {
        Classification::ignored()
    }
}

/// The kind is [`Other`](io::ErrorKind::Other): the dependency was not called, so no kind that
/// describes a failed connection is true, and code that selects errors by such a kind does not
/// retry or count the rejection. [`CircuitOpen::find_in`] finds the rejection in the error.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen};
/// use std::io;
///
/// let breaker = CircuitBreaker::new("files", BreakerConfig::default());
/// breaker.force_open();
/// let error: io::Error = breaker.try_acquire().unwrap_err().into();
/// assert_eq!(error.kind(), io::ErrorKind::Other);
/// assert_eq!(CircuitOpen::find_in(&error).unwrap().breaker(), "files");
/// ```
impl From<CircuitOpen> for io::Error {
    fn from(open: CircuitOpen) -> Self {
        Self::other(open)
    }
}

/// An error type that can be made from [`CircuitOpen`]. Every type that implements
/// `From<CircuitOpen>` also implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the circuit is open",
    label = "`#[circuit_breaker]` needs a value to return when it rejects a call",
    note = "an error type of yours: mark a variant that holds a `resilient::CircuitOpen` with \
            `#[circuit_open]` in `#[derive(resilient::Classify)]`, or write \
            `impl From<resilient::CircuitOpen>` (for a type parameter, the bound)",
    note = "an error type of another crate: say what a rejected call returns with \
            `on_open = |open| …`, or wrap the error in a type of yours; `std::io::Error`, \
            `anyhow::Error` and `Box<dyn Error + Send + Sync>` need neither"
)]
pub trait FromCircuitOpen: Sized {
    /// Makes the error of a rejected call.
    fn circuit_open(open: CircuitOpen) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitOpen>> FromCircuitOpen for E {
    fn circuit_open(open: CircuitOpen) -> Self {
        Self::from(open)
    }
}

/// An output that a rejected call can have: `None`, or an `Err` whose type implements
/// [`FromCircuitOpen`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot report that the circuit is open",
    label = "`#[circuit_breaker]` needs a value to return when it rejects a call",
    note = "return a `Result` whose error has `From<resilient::CircuitOpen>`, or an `Option`, or \
            say what a rejected call returns with `on_open = |open| …`"
)]
pub trait RejectedOutput {
    /// Makes the output of a rejected call.
    fn rejected(open: CircuitOpen) -> Self;
}

impl<T, E: FromCircuitOpen> RejectedOutput for Result<T, E> {
    fn rejected(open: CircuitOpen) -> Self {
        Err(E::circuit_open(open))
    }
}

impl<T> RejectedOutput for Option<T> {
    fn rejected(_: CircuitOpen) -> Self {
        None
    }
}
