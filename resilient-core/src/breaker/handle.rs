//! The public handle of a circuit breaker.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::BreakerConfig;
use super::machine::Machine;
use super::permit::Permit;
use super::shared::{Core, Settings, Setup};
use super::snapshot::BreakerSnapshot;
use crate::event::{Event, EventKind, ListenerId, Listeners, Subscription};
use crate::signal::{
    CircuitOpen, CircuitState, Classification, Classify, Fallible, FromCircuitOpen, Name,
    OperatorMode, RejectedOutput, TransitionError, every_failure,
};
use crate::time::{Clock, Source};

/// A circuit breaker. Clones are handles of the same one.
///
/// ```
/// use resilient_core::{BreakerConfig, CircuitBreaker, CircuitOpen};
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
    Owned(Arc<Core>),
    /// Of an annotated function.
    Static(&'static Core),
}

impl CircuitBreaker {
    /// A closed breaker. It is in no registry: see [`Registry`](crate::Registry) for those that are shared by name.
    #[must_use]
    pub fn new(name: impl Into<String>, config: BreakerConfig) -> Self {
        Self::build(Setup::new(
            Name::from(name.into()),
            Settings::of_code(config.into_shared()),
            Source::Default,
        ))
    }

    /// A closed breaker with a clock of its own.
    #[must_use]
    pub fn with_clock(name: impl Into<String>, config: BreakerConfig, clock: impl Clock) -> Self {
        Self::build(Setup::new(
            Name::from(name.into()),
            Settings::of_code(config.into_shared()),
            Source::of(clock),
        ))
    }

    pub(crate) fn build(setup: Setup) -> Self {
        Self(Handle::Owned(Arc::new(Core::new(setup))))
    }

    pub(crate) fn of_static(core: &'static Core) -> Self {
        Self(Handle::Static(core))
    }

    /// Asks for the right to make one call.
    ///
    /// # Errors
    ///
    /// [`CircuitOpen`], if the circuit is open, forced open, or half-open with all probe slots taken.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        let core = self.core();
        match core.admit_closed() {
            Some(ticket) => Ok(Permit::new(core, ticket)),
            None => core.admit(),
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
        self.core().name()
    }

    /// Which of the breakers of that name, where there is one for each key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.core().name().key()
    }

    /// The settings that hold, an operator's overrides included.
    #[must_use]
    pub fn config(&self) -> BreakerConfig {
        (*self.core().config()).clone()
    }

    /// The state as the next caller would find it: `HalfOpen` once the recovery time is over, even if no call has come.
    /// Asking changes nothing.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.core().state()
    }

    /// What there is to know about the breaker now. Taking it changes nothing.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        self.core().snapshot()
    }

    /// Opens the circuit for its recovery time. An open circuit stays as it is, unless its recovery time is over.
    ///
    /// # Errors
    ///
    /// If the breaker is forced open, disabled or observe-only.
    pub fn trip(&self) -> Result<(), TransitionError> {
        self.core().by_hand(Machine::trip)
    }

    /// Opens the circuit for `time` from now on. An open circuit gets this as its end.
    ///
    /// # Errors
    ///
    /// If the breaker is forced open, disabled or observe-only.
    pub fn trip_for(&self, time: Duration) -> Result<(), TransitionError> {
        self.core()
            .by_hand(|machine, now| machine.trip_for(time, now))
    }

    /// Admits probes now, without waiting for the end of the recovery time.
    ///
    /// # Errors
    ///
    /// If the breaker is neither open nor forced open, nor half-open already.
    pub fn half_open(&self) -> Result<(), TransitionError> {
        self.core().by_hand(Machine::half_open)
    }

    /// Closes the circuit, whatever state it is in, and forgets the streak. Calls in flight no longer count.
    pub fn close(&self) {
        self.by_hand(Machine::close);
    }

    /// Rejects every call until told otherwise.
    pub fn force_open(&self) {
        self.by_hand(Machine::force_open);
    }

    /// Admits every call and records nothing, until told otherwise.
    pub fn disable(&self) {
        self.by_hand(Machine::disable);
    }

    /// Admits every call and counts as a closed breaker does, but only tells that it would have opened.
    pub fn observe_only(&self) {
        self.by_hand(Machine::observe_only);
    }

    /// Calls `listener` with every event, in order, after the breaker's lock is released: so it may use the breaker. It
    /// runs on the thread whose call caused the event, or on one that is delivering already, which delivers what comes
    /// meanwhile: so a slow listener holds up one call, and no other. Of events beyond 256 that wait, the oldest are lost,
    /// and counted. A panic in it is contained and counted. A listener that owns a handle of its breaker keeps it alive
    /// until it is removed.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.core().listeners().add(listener)
    }

    /// Removes a listener; `false` if it is not there.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.core().listeners().remove(id)
    }

    /// The events from now on, for a task to await; see [`Subscription`]. Of those that wait, at most `capacity` (at least
    /// one) are kept.
    #[must_use]
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        Subscription::to(self.core().listeners(), capacity)
    }

    /// What a call would be told now, if the circuit is open.
    #[doc(hidden)]
    #[must_use]
    pub fn open_now(&self) -> Option<CircuitOpen> {
        self.core().open_now()
    }

    pub(crate) fn join(&self, registry_listeners: &Arc<Listeners>) {
        self.core().join(registry_listeners);
    }

    pub(crate) fn tell(&self, kinds: Vec<EventKind>) {
        self.core().tell(kinds);
    }

    /// Tells what was recorded while nobody could be told.
    pub(crate) fn tell_what_happened(&self) {
        self.core().tell(Vec::new());
    }

    pub(crate) fn leave(&self, registry_listeners: &Arc<Listeners>) {
        self.core().leave(registry_listeners);
    }

    pub(crate) fn shared_name(&self) -> Name {
        self.core().name().clone()
    }

    pub(crate) fn reconfigure(&self, settings: Settings) {
        self.core().reconfigure(settings);
    }

    pub(crate) fn set_mode(&self, mode: OperatorMode) {
        self.by_hand(|machine, now| machine.set_mode(mode, now));
    }

    /// Whether it is the static of an annotated function.
    pub(crate) fn is_of_function(&self) -> bool {
        matches!(self.0, Handle::Static(_))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.core().is_closed()
    }

    /// Whether both are handles of one breaker.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.core(), other.core())
    }

    fn by_hand(&self, change: impl FnOnce(&mut Machine, Instant)) {
        let result = self.core().by_hand(|machine, now| {
            change(machine, now);
            Ok(())
        });
        debug_assert!(result.is_ok());
    }

    #[inline]
    fn core(&self) -> &Core {
        match &self.0 {
            Handle::Owned(core) => core,
            Handle::Static(core) => core,
        }
    }
}

impl Default for CircuitBreaker {
    /// A breaker named `default` with default settings.
    fn default() -> Self {
        Self::build(Setup::new(
            Name::Static("default"),
            Settings::of_code(BreakerConfig::default().into_shared()),
            Source::Default,
        ))
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.core().name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
