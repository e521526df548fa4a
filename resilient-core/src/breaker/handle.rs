//! The public handle of a circuit breaker.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::BreakerConfig;
use super::machine::Machine;
use super::permit::Permit;
use super::shared::{LiveSettings, Setup, SharedBreaker};
use crate::event::{Event, EventKind, ListenerId, Listeners, Subscription};
use crate::signal::{
    BreakerSnapshot, CircuitOpen, CircuitState, Classification, Classify, Fallible,
    FromCircuitOpen, Name, OperatorMode, RejectedOutput, TransitionError, every_failure,
};
use crate::time::{Clock, ClockSource};

/// A circuit breaker. Clones are handles of the same one.
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
    /// Of an annotated function.
    Static(&'static SharedBreaker),
}

impl CircuitBreaker {
    /// A closed breaker. It is in no registry: see [`Registry`](crate::registry::Registry) for those that are shared by name.
    #[must_use]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        Self::build(Setup::new(
            Name::from(name.into()),
            LiveSettings::of_code(config.into_shared()),
            ClockSource::Default,
        ))
    }

    /// A closed breaker with a clock of its own.
    #[must_use]
    pub fn with_clock(name: impl Into<String>, config: BreakerConfig, clock: impl Clock) -> Self {
        Self::build(Setup::new(
            Name::from(name.into()),
            LiveSettings::of_code(config.into_shared()),
            ClockSource::of(clock),
        ))
    }

    pub(crate) fn build(setup: Setup) -> Self {
        Self(Handle::Owned(Arc::new(SharedBreaker::new(setup))))
    }

    pub(crate) fn of_static(breaker: &'static SharedBreaker) -> Self {
        Self(Handle::Static(breaker))
    }

    /// Asks for the right to make one call.
    ///
    /// # Errors
    ///
    /// [`CircuitOpen`], if the circuit is open, forced open, or half-open with all probe slots taken.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        let breaker = self.shared();
        match Permit::if_closed(breaker) {
            Some(permit) => Ok(permit),
            None => Permit::admitted(breaker),
        }
    }

    /// Makes one call if the circuit allows it. Every `Err`, or `None`, is a failure.
    ///
    /// A rejected call returns the error made from [`CircuitOpen`], or `None`, and `operation` is not run.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the operation and counts the call as abandoned.
    pub async fn call<O, F>(&self, operation: F) -> O
    where
        O: Fallible + RejectedOutput,
        F: AsyncFnOnce() -> O,
    {
        self.call_with(every_failure, operation).await
    }

    /// The same, with errors that know what they mean.
    ///
    /// # Errors
    ///
    /// Those of `operation`, and its error type's word for an open circuit.
    ///
    /// # Cancel safety
    ///
    /// As for [`call`](Self::call).
    pub async fn call_classified<T, E, F>(&self, operation: F) -> Result<T, E>
    where
        E: Classify + FromCircuitOpen,
        F: AsyncFnOnce() -> Result<T, E>,
    {
        let classify = |output: &Result<T, E>| output.as_ref().err().map(E::classify);
        self.call_with(classify, operation).await
    }

    /// The same, with `classify` to say what an output means: `None` for a success.
    ///
    /// # Cancel safety
    ///
    /// As for [`call`](Self::call).
    pub async fn call_with<O, C, F>(&self, classify: C, operation: F) -> O
    where
        O: RejectedOutput,
        C: FnOnce(&O) -> Option<Classification>,
        F: AsyncFnOnce() -> O,
    {
        match self.try_acquire() {
            Ok(permit) => {
                let output = operation().await;
                permit.report_class(classify(&output));
                output
            }
            Err(open) => O::rejected(open),
        }
    }

    /// The breaker's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shared().name()
    }

    /// Which of the breakers of that name, where there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.shared().name().key()
    }

    /// The settings that hold, an operator's overrides included.
    #[must_use]
    pub fn config(&self) -> BreakerConfig {
        (*self.shared().config()).clone()
    }

    /// The state as the next caller would find it: `HalfOpen` once the recovery time is over, even if no call has come.
    /// Asking changes nothing.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.shared().state()
    }

    /// What there is to know about the breaker now. Taking it changes nothing.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        self.shared().snapshot()
    }

    /// Opens the circuit for its recovery time. An open circuit stays as it is, unless its recovery time is over.
    ///
    /// # Errors
    ///
    /// If the breaker is forced open, disabled or observe-only.
    pub fn trip(&self) -> Result<(), TransitionError> {
        self.shared().operate(Machine::trip)
    }

    /// Opens the circuit for `time` from now on. An open circuit gets this as its end.
    ///
    /// # Errors
    ///
    /// If the breaker is forced open, disabled or observe-only.
    pub fn trip_for(&self, time: Duration) -> Result<(), TransitionError> {
        self.shared()
            .operate(|machine, now| machine.trip_for(time, now))
    }

    /// Admits probes now, without waiting for the end of the recovery time.
    ///
    /// # Errors
    ///
    /// If the breaker is neither open nor forced open, nor half-open already.
    pub fn half_open(&self) -> Result<(), TransitionError> {
        self.shared().operate(Machine::half_open)
    }

    /// Closes the circuit, whatever state it is in, and forgets the streak. Calls in flight no longer count.
    pub fn close(&self) {
        self.operate(Machine::close);
    }

    /// Rejects every call until told otherwise.
    pub fn force_open(&self) {
        self.operate(Machine::force_open);
    }

    /// Admits every call and records nothing, until told otherwise.
    pub fn disable(&self) {
        self.operate(Machine::disable);
    }

    /// Admits every call and counts as a closed breaker does, but only tells that it would have opened.
    pub fn observe_only(&self) {
        self.operate(Machine::observe_only);
    }

    /// Calls `listener` with every event, in order, after the breaker's lock is released: so it may use the breaker. It
    /// runs on the thread whose call caused the event, or on one that is delivering already, which delivers what comes
    /// meanwhile: so a slow listener holds up one call, and no other. Of events beyond 256 that wait, the oldest are lost,
    /// and counted. A panic in it is contained and counted. A listener that owns a handle of its breaker keeps it alive
    /// until it is removed.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.shared().listeners().add(listener)
    }

    /// Removes a listener; `false` if it is not there.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.shared().listeners().remove(id)
    }

    /// The events from now on, for a task to await; see [`Subscription`]. Of those that wait, at most `capacity` (at least
    /// one) are kept.
    #[must_use]
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        Subscription::to(self.shared().listeners(), capacity)
    }

    /// What a call would be told now, if the circuit is open.
    #[doc(hidden)]
    #[must_use]
    pub fn open_now(&self) -> Option<CircuitOpen> {
        self.shared().open_now()
    }

    pub(crate) fn join(&self, registry_listeners: &Arc<Listeners>) {
        self.shared().join(registry_listeners);
    }

    pub(crate) fn notify(&self, kinds: Vec<EventKind>) {
        self.shared().notify(kinds);
    }

    /// Tells what was recorded while nobody could be told.
    pub(crate) fn deliver_events(&self) {
        self.shared().notify(Vec::new());
    }

    pub(crate) fn leave(&self, registry_listeners: &Arc<Listeners>) {
        self.shared().leave(registry_listeners);
    }

    pub(crate) fn shared_name(&self) -> Name {
        self.shared().name().clone()
    }

    pub(crate) fn reconfigure(&self, settings: LiveSettings) {
        self.shared().reconfigure(settings);
    }

    pub(crate) fn set_mode(&self, mode: OperatorMode) {
        self.operate(|machine, now| machine.set_mode(mode, now));
    }

    /// Whether it is the static of an annotated function.
    pub(crate) fn is_of_function(&self) -> bool {
        matches!(self.0, Handle::Static(_))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared().is_closed()
    }

    /// Whether both are handles of one breaker.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.shared(), other.shared())
    }

    fn operate(&self, change: impl FnOnce(&mut Machine, Instant)) {
        let result = self.shared().operate(|machine, now| {
            change(machine, now);
            Ok(())
        });
        debug_assert!(result.is_ok());
    }

    #[inline]
    fn shared(&self) -> &SharedBreaker {
        match &self.0 {
            Handle::Owned(breaker) => breaker,
            Handle::Static(breaker) => breaker,
        }
    }
}

impl Default for CircuitBreaker {
    /// A breaker named `default` with default settings.
    fn default() -> Self {
        Self::build(Setup::new(
            Name::Static("default"),
            LiveSettings::of_code(BreakerConfig::default().into_shared()),
            ClockSource::Default,
        ))
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
