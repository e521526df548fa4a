//! The public handle of a circuit breaker.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

use super::config::BreakerConfig;
use super::permit::Permit;
use super::shared::{LiveSettings, Setup, SharedBreaker};
use crate::event::event_methods;
use crate::signal::{
    BreakerSnapshot, CircuitOpen, CircuitState, Classification, Classify, Fallible,
    FromCircuitOpen, Name, RejectedOutput, SettingsInForce, every_failure,
};
use crate::time::{Clock, ClockSource};

/// A circuit breaker. Clones are handles of one breaker.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen};
///
/// #[derive(Debug)]
/// enum PayError { Declined, Unavailable }
/// impl From<CircuitOpen> for PayError {
///     fn from(_: CircuitOpen) -> Self { Self::Unavailable }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("payments", BreakerConfig::default());
/// let receipt = breaker.call(async || Ok::<_, PayError>("paid")).await;
/// assert_eq!(receipt.unwrap(), "paid");
/// # });
/// ```
#[derive(Clone)]
pub struct CircuitBreaker(Handle);

#[derive(Clone)]
enum Handle {
    Owned(Arc<SharedBreaker>),
    /// The breaker is the static of an annotated function.
    Static(&'static SharedBreaker),
}

impl CircuitBreaker {
    /// Makes a closed breaker that is in no registry. To share breakers by name, see
    /// [`Registry`](crate::registry::Registry).
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        Self::closed(Name::from(name.into()), config, ClockSource::Default)
    }

    // B16: a breaker can be given a clock.
    /// Makes a closed breaker that reads the time from `clock`.
    #[must_use]
    #[track_caller]
    pub fn with_clock(name: impl Into<String>, config: BreakerConfig, clock: impl Clock) -> Self {
        Self::closed(Name::from(name.into()), config, ClockSource::of(clock))
    }

    #[track_caller]
    fn closed(name: Name, config: BreakerConfig, clock: ClockSource) -> Self {
        let settings = LiveSettings::of_code(config, Location::caller());
        Self::build(Setup::new(name, settings, clock.read()))
    }

    pub(crate) fn build(setup: Setup) -> Self {
        Self(Handle::Owned(Arc::new(SharedBreaker::new(setup))))
    }

    pub(crate) fn of_static(breaker: &'static SharedBreaker) -> Self {
        Self(Handle::Static(breaker))
    }

    // B2: a call needs a permit.
    /// Asks for a permit to make one call.
    ///
    /// # Errors
    /// Returns [`CircuitOpen`] if the circuit is open, forced open, or half-open with all probe
    /// slots taken.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        Permit::acquire::<false>(self.shared())
    }

    /// Asks for a permit for a call that runs on this thread, and ends before other code runs
    /// there. Until the call ends, calls through the same breaker on this thread are nested in it.
    ///
    /// # Errors
    /// See [`try_acquire`](Self::try_acquire).
    #[doc(hidden)]
    #[inline]
    pub fn try_acquire_here(&self) -> Result<Permit<'_>, CircuitOpen> {
        Permit::acquire::<true>(self.shared())
    }

    /// Makes one call if the circuit allows it. An `Err` or `None` is a failure. This includes an
    /// `Err` that was made because another breaker rejected a call; to ignore such errors, pass
    /// [`Classification::of_error`] to [`call_with`](Self::call_with). If the breaker rejects the
    /// call, `operation` is not called, and the output is `None`, or an `Err` that is made from
    /// [`CircuitOpen`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the operation and counts the call as abandoned. A time limit
    /// around the call also drops the future. Put the limit inside `operation` instead, so that a
    /// dependency that hangs causes failures and opens its circuit.
    pub async fn call<O, F>(&self, operation: F) -> O
    where
        O: Fallible + RejectedOutput,
        F: AsyncFnOnce() -> O,
    {
        self.call_with(every_failure, operation).await
    }

    /// Makes one call if the circuit allows it. The error type classifies failures.
    ///
    /// # Errors
    ///
    /// Returns the errors of `operation`, and the error made from [`CircuitOpen`] if the breaker
    /// rejects the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the operation and counts the call as abandoned.
    pub async fn call_classified<T, E, F>(&self, operation: F) -> Result<T, E>
    where
        E: Classify + FromCircuitOpen,
        F: AsyncFnOnce() -> Result<T, E>,
    {
        let classify = |output: &Result<T, E>| output.as_ref().err().map(E::classify);
        self.call_with(classify, operation).await
    }

    /// Makes one call if the circuit allows it. `classify` returns the class of the output, or
    /// `None` for a success.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the operation and counts the call as abandoned.
    pub async fn call_with<O, C, F>(&self, classify: C, operation: F) -> O
    where
        O: RejectedOutput,
        C: FnOnce(&O) -> Option<Classification>,
        F: AsyncFnOnce() -> O,
    {
        match self.try_acquire() {
            Ok(permit) => {
                let call = permit.scope(|| operation());
                let output = permit.within(call).await;
                permit.report_class(classify(&output));
                output
            }
            Err(open) => O::rejected(open),
        }
    }

    /// Returns the breaker's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shared().name()
    }

    /// Returns the key of this breaker if the name has a breaker for each key; otherwise returns
    /// `None`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.shared().name().key()
    }

    /// Returns the present settings, including overrides.
    #[must_use]
    pub fn config(&self) -> BreakerConfig {
        (*self.shared().config()).clone()
    }

    /// Returns each present setting with its value and its origin: an override, the code, an
    /// operator's `[defaults]`, or the library.
    #[must_use]
    pub fn settings_with_origin(&self) -> SettingsInForce {
        self.shared().settings()
    }

    // B12: the state follows from the clock, and reading it changes nothing.
    /// Returns the state that the next caller would find. Once the recovery time is over this is
    /// `HalfOpen`, even if no call has come. Reading the state changes nothing.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.shared().state()
    }

    /// Returns the present state, counts and history of the breaker. Taking a snapshot changes
    /// nothing.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        self.shared().snapshot()
    }

    event_methods! {
        |self| self.shared().listeners();
        /// Calls `listener` with every event, in order. The listener runs without the breaker's
        /// lock, so it may use the breaker. The listener runs on the thread whose call caused the
        /// event, or on a thread that is already delivering events. A slow listener therefore
        /// delays one call. If more than 256 events wait, the oldest are lost and counted. A panic
        /// of the listener is contained and counted. A listener that owns a handle of its breaker
        /// keeps the breaker alive until the listener is removed.
        fn on_event;
        /// Subscribes to the events from now on, for a task that awaits them; see
        /// [`Subscription`](crate::event::Subscription). At most `capacity` events wait; a capacity
        /// of zero counts as one.
        fn subscribe;
    }

    /// Returns the error that a call would get now if the circuit is open or forced open; otherwise
    /// returns `None`.
    #[doc(hidden)]
    #[must_use]
    pub fn open_now(&self) -> Option<CircuitOpen> {
        self.shared().open_now()
    }

    /// Returns whether the breaker belongs to an annotated function.
    pub(crate) fn is_of_function(&self) -> bool {
        matches!(self.0, Handle::Static(_))
    }

    /// Returns whether this is the only handle of the breaker, and the breaker is closed and
    /// remembers no failed or slow call. The caller must ensure that no other thread clones this
    /// handle meanwhile.
    pub(crate) fn is_unused(&mut self, now: Instant) -> bool {
        match &mut self.0 {
            Handle::Owned(breaker) => Arc::get_mut(breaker).is_some_and(|it| it.is_like_new(now)),
            Handle::Static(_) => false,
        }
    }

    /// Returns whether this is the only handle of the breaker. The caller must ensure that no other
    /// thread clones this handle meanwhile.
    pub(crate) fn is_only_handle(&mut self) -> bool {
        match &mut self.0 {
            Handle::Owned(breaker) => Arc::get_mut(breaker).is_some(),
            Handle::Static(_) => false,
        }
    }

    /// Returns whether both are handles of one breaker.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.shared(), other.shared())
    }

    #[inline]
    pub(crate) fn shared(&self) -> &SharedBreaker {
        match &self.0 {
            Handle::Owned(breaker) => breaker,
            Handle::Static(breaker) => breaker,
        }
    }
}

impl Default for CircuitBreaker {
    /// Makes a breaker named `default` with default settings.
    fn default() -> Self {
        Self::closed(Name::Static("default"), BreakerConfig::default(), ClockSource::Default)
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.shared().name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
