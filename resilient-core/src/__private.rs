//! What the code that the attributes write calls. No public API: it changes with every version.

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

use crate::breaker::{CircuitOpen, Permit, Rejected};

use crate::keyed::BreakerKey;
use crate::outcome::{Class, Classify, Output, every_failure};
use crate::telemetry;

#[cfg(feature = "inventory")]
pub use crate::annotated::Annotated;
pub use crate::breaker::{Abandoned, BreakerConfig, BreakerConfigBuilder, CircuitBreaker};
pub use crate::budget_site::{BudgetSite, GivenBudget, given_budget};
pub use crate::fallback::{
    Answer, AtOnce, Later, Replaced, Spare, fallback, fallback_async, fallback_by, fallback_value,
    not_replaced, unless_failed,
};
pub use crate::given_limit::GivenLimit;
pub use crate::retry::{
    Attempt, Backoff, Entered, GiveUp, GiveUpEvent, Jitter, Kept, Last, Limit, Nested, Record,
    Recorded, Retry, RetryEvent, RetryPolicy, RetryPolicyBuilder, Terms, TimedOut, TimesOut,
    WhenOpen,
};
pub use crate::site::{Declaration, KeyedSite, Site};
/// What models see of the inside.
#[cfg(any(loom, shuttle))]
pub use crate::{
    breaker::{HandOver, own_slot},
    seeded::{Bug, with_bug},
};
#[cfg(feature = "inventory")]
pub use inventory;

/// Lists nothing. The attribute's feature can be on where this one is off: it is built for the host, once for all.
#[cfg(not(feature = "inventory"))]
pub mod inventory {
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __resilient_submit {
        ($($listed:tt)*) => {};
    }
    pub use crate::__resilient_submit as submit;
}
#[cfg(loom)]
pub use crate::sync::in_order;

/// What an output means: by [`Classify`] where the error has it, else every failure is one.
///
/// Method resolution tries the inherent methods of this type first, whose bounds want `Classify`; then, through `Deref`,
/// those of [`JudgeOutput`]; then those of [`JudgeAny`].
#[derive(Debug)]
pub struct Judge<'a, O>(JudgeOutput<'a, O>);

#[derive(Debug)]
pub struct JudgeOutput<'a, O>(JudgeAny<'a, O>);

#[derive(Debug)]
pub struct JudgeAny<'a, O>(&'a O);

impl<'a, O> Judge<'a, O> {
    #[inline]
    pub fn new(output: &'a O) -> Self {
        Self(JudgeOutput(JudgeAny(output)))
    }
}

impl<'a, O> std::ops::Deref for Judge<'a, O> {
    type Target = JudgeOutput<'a, O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, O> std::ops::Deref for JudgeOutput<'a, O> {
    type Target = JudgeAny<'a, O>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T, E: Classify> Judge<'_, Result<T, E>> {
    /// The class of a failed output. Not called `class`: any type might have a method of that name by a trait.
    #[inline]
    pub fn resilient_class(&self) -> Option<Class> {
        self.resilient_class_if_known()
    }

    /// The same, for outputs that may not tell success from failure.
    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Class> {
        self.0.0.0.as_ref().err().map(E::classify)
    }
}

impl<O: Output> JudgeOutput<'_, O> {
    #[inline]
    pub fn resilient_class(&self) -> Option<Class> {
        every_failure(self.0.0)
    }

    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Class> {
        self.resilient_class()
    }
}

impl<O> JudgeAny<'_, O> {
    /// Only there for its bound, which says what is missing.
    pub fn resilient_class(&self) -> Option<Class>
    where
        O: Output,
    {
        every_failure(self.0)
    }

    #[inline]
    pub fn resilient_class_if_known(&self) -> Option<Class> {
        None
    }
}

/// The key of a breaker as the user has it: a reference looks up what it refers to, so that a known key is not copied;
/// anything else is a key itself.
///
/// Method resolution tries the inherent methods of this type first, then, through `Deref`, those of [`KeyValue`] and
/// [`KeyAny`].
#[derive(Debug)]
pub struct Key<'a, T>(KeyValue<'a, T>);

#[derive(Debug)]
pub struct KeyValue<'a, T>(KeyAny<'a, T>);

#[derive(Debug)]
pub struct KeyAny<'a, T>(&'a T);

impl<'a, T> Key<'a, T> {
    #[inline]
    pub fn new(key: &'a T) -> Self {
        Self(KeyValue(KeyAny(key)))
    }
}

impl<'a, T> std::ops::Deref for Key<'a, T> {
    type Target = KeyValue<'a, T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, T> std::ops::Deref for KeyValue<'a, T> {
    type Target = KeyAny<'a, T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<Q> Key<'_, &Q>
where
    Q: Hash + Eq + ToOwned + ?Sized,
    Q::Owned: BreakerKey + Borrow<Q>,
{
    pub fn resilient_breaker(&self, site: &'static KeyedSite) -> CircuitBreaker {
        site.breaker::<Q::Owned, Q>(*self.0.0.0)
    }
}

impl<Q> Key<'_, &mut Q>
where
    Q: Hash + Eq + ToOwned + ?Sized,
    Q::Owned: BreakerKey + Borrow<Q>,
{
    pub fn resilient_breaker(&self, site: &'static KeyedSite) -> CircuitBreaker {
        site.breaker::<Q::Owned, Q>(&**self.0.0.0)
    }
}

impl<K: BreakerKey> KeyValue<'_, K> {
    pub fn resilient_breaker(&self, site: &'static KeyedSite) -> CircuitBreaker {
        site.breaker::<K, K>(self.0.0)
    }
}

impl<T> KeyAny<'_, T> {
    /// Only there for its bound, which says what is missing.
    pub fn resilient_breaker(&self, site: &'static KeyedSite) -> CircuitBreaker
    where
        T: BreakerKey,
    {
        site.breaker::<T, T>(self.0)
    }
}

/// Applies a predicate of the user's, so that a closure's parameter has a known type.
#[inline]
pub fn test<T: ?Sized>(value: &T, predicate: impl FnOnce(&T) -> bool) -> bool {
    predicate(value)
}

/// Asks a failed output for its hint.
#[inline]
pub fn hint<E: ?Sized>(error: &E, ask: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    ask(error)
}

/// The error of a failed output.
#[inline]
pub fn error_of<O: Output>(output: &O) -> Option<&O::Error> {
    output.failure()
}

/// `ignore` and `ignore_if`.
#[inline]
pub fn unless(ignored: bool, class: Class) -> Class {
    if ignored { Class::ignored() } else { class }
}

/// `failure` and `failure_if`: other errors say nothing.
#[inline]
pub fn only_if(failed: bool) -> Class {
    unless(!failed, Class::transient())
}

/// `failure_when`, where no error decides: other errors say nothing, other outputs are successes.
#[inline]
pub fn chosen_failure(class: Option<Class>, chosen: bool) -> Option<Class> {
    match class {
        Some(class) => Some(with_hint(only_if(chosen), class.retry_after)),
        None => chosen.then(Class::transient),
    }
}

/// `retry_when`, where no error decides.
#[inline]
pub fn chosen_retry(class: Option<Class>, chosen: bool) -> Option<Class> {
    match class {
        Some(class) => Some(with_retry(class, chosen)),
        None => chosen.then(Class::transient),
    }
}

#[inline]
pub fn with_retry(mut class: Class, retry: bool) -> Class {
    class.retry = retry;
    class
}

#[inline]
pub fn with_hint(mut class: Class, retry_after: Option<Duration>) -> Class {
    class.retry_after = retry_after;
    class
}

/// Tells a hook.
#[inline]
pub fn tell<E>(event: &E, hook: impl FnOnce(&E)) {
    hook(event);
}

#[inline]
pub fn retry_event<'a, O>(retry: &Retry<'_>, output: &'a O, delay: Duration) -> RetryEvent<'a, O> {
    RetryEvent {
        // The driver has granted the retry already.
        attempt: retry.attempt_number().saturating_sub(1),
        max_attempts: retry.max_attempts(),
        delay,
        output,
    }
}

#[inline]
pub fn give_up_event<'a, O>(
    retry: &Retry<'_>,
    output: &'a O,
    reason: GiveUp,
) -> GiveUpEvent<'a, O> {
    GiveUpEvent {
        attempts: retry.attempt_number(),
        reason,
        output,
    }
}

// Until the expansion uses `Kept`.
#[inline]
pub fn attempt<O>(retry: &Retry<'_>, last: Option<O>) -> Attempt<O> {
    Attempt::new(retry, last)
}

/// Drops the last failed output.
#[inline]
pub fn forget<O>(last: &mut Option<O>) {
    *last = None;
}

/// Takes the last failed output.
#[inline]
pub fn take<O>(last: &mut Option<O>) -> Option<O> {
    last.take()
}

/// Takes the last failed output, unless it is but an earlier rejection.
#[inline]
pub fn take_real<O>(retry: &Retry<'_>, last: &mut Option<O>) -> Option<O> {
    last.take().filter(|_| retry.has_failed())
}

/// Reports by class: `None` is a success.
#[inline]
pub fn report(permit: Permit<'_>, class: Option<Class>) {
    permit.report_class(class);
}

/// The output of a rejected call.
#[inline]
pub fn rejected<O: Rejected>(open: CircuitOpen) -> O {
    O::rejected(open)
}

/// The output of a rejected call, as the user has it.
#[inline]
pub fn on_open<O>(open: CircuitOpen, make: impl FnOnce(CircuitOpen) -> O) -> O {
    make(open)
}

/// A policy as the user has it, kept for the call.
#[inline]
#[must_use]
pub fn given_policy(policy: &RetryPolicy) -> RetryPolicy {
    policy.clone()
}

/// A breaker as the user has it, kept for the call.
#[inline]
#[must_use]
pub fn given_breaker(breaker: &CircuitBreaker) -> CircuitBreaker {
    breaker.clone()
}

/// See [`Retry::after_failure`].
#[expect(
    clippy::inline_always,
    reason = "else the loop's state is in memory where all goes well"
)]
#[inline(always)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "an expression of the expansion's"
)]
#[track_caller]
pub fn after_failure(
    retry: &mut Retry<'_>,
    class: Class,
    open: Option<CircuitOpen>,
) -> Result<Duration, GiveUp> {
    retry.after_failure(class, open.as_ref())
}

/// An attempt was cut short, which `excepted` failures are not retried for.
#[expect(
    clippy::inline_always,
    reason = "else the loop's state is in memory where all goes well"
)]
#[inline(always)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "an expression of the expansion's"
)]
#[track_caller]
pub fn after_cut(
    retry: &mut Retry<'_>,
    limit: Limit,
    excepted: bool,
    open: Option<CircuitOpen>,
) -> Result<Duration, GiveUp> {
    retry.after_cut(limit, excepted, open.as_ref())
}

/// The call ends with a success.
#[inline]
pub fn succeeded(retry: &mut Retry<'_>) {
    retry.succeeded();
}

/// A call on these terms; `needs_timer` where it sleeps in an async runtime.
#[inline]
#[must_use]
pub fn retry<'a>(policy: &'a RetryPolicy, terms: &'a Terms<'a>, needs_timer: bool) -> Retry<'a> {
    Retry::new(policy, Some(terms), needs_timer)
}

/// Gives the call its limits: durations, or options of them.
pub fn limits(
    terms: Terms<'_>,
    deadline: impl GivenLimit,
    attempt_timeout: impl GivenLimit,
) -> Terms<'_> {
    terms.limits(deadline.given(), attempt_timeout.given())
}

#[inline]
#[must_use]
pub fn has_attempt_timeout(retry: &Retry<'_>) -> bool {
    retry.has_attempt_timeout()
}

/// The output of an attempt that was cut short.
#[inline]
pub fn timed_out<O: TimesOut>(timed_out: TimedOut) -> O {
    O::timed_out(timed_out)
}

/// Reports an attempt that was cut short.
pub fn report_cut(permit: Permit<'_>, limit: Limit, ignored: bool, has_own_limit: bool) {
    crate::retry::report_cut(permit, limit, ignored, has_own_limit);
}

/// A plain attempt starts, and runs as long as this lives.
#[inline]
#[must_use]
pub fn mark(retry: &mut Retry<'_>) -> Option<Entered> {
    retry.mark()
}

/// An attempt without limits.
#[cfg(feature = "tokio")]
#[inline]
pub fn attempted<F: Future>(retry: &mut Retry<'_>, future: F) -> crate::retry::Attempted<F> {
    retry.attempted(future)
}

/// Without a runtime's timers there is nothing to wait between attempts: see [`sleep`].
#[cfg(not(feature = "tokio"))]
pub fn attempted<F: Future>(retry: &mut Retry<'_>, future: F) -> F {
    retry.begin_attempt();
    future
}

/// An attempt within the limits of its call.
#[cfg(feature = "tokio")]
pub fn limited<F: Future>(retry: &mut Retry<'_>, future: F) -> crate::retry::Limited<F> {
    retry.limited(future)
}

/// `#[timeout]`.
#[cfg(feature = "tokio")]
pub fn timeout<F: Future>(limit: impl GivenLimit, future: F) -> crate::retry::Limited<F> {
    crate::retry::timeout(limit.given(), future)
}

/// The feature `tokio` of `resilient` is what time limits are kept with.
#[cfg(not(feature = "tokio"))]
#[derive(Debug)]
pub struct EnableTheFeatureTokioOfResilientForTimeLimits;

#[cfg(not(feature = "tokio"))]
pub fn limited<F: Future>(
    _: &mut Retry<'_>,
    _: F,
) -> EnableTheFeatureTokioOfResilientForTimeLimits {
    EnableTheFeatureTokioOfResilientForTimeLimits
}

#[cfg(not(feature = "tokio"))]
pub fn timeout<F: Future>(
    _: impl GivenLimit,
    _: F,
) -> EnableTheFeatureTokioOfResilientForTimeLimits {
    EnableTheFeatureTokioOfResilientForTimeLimits
}

/// A fallback took the place of a failed output.
pub fn fell_back() {
    telemetry::fell_back();
}

/// A policy of expressions: those out of range fall back to their defaults, with a warning.
#[must_use]
pub fn policy(settings: RetryPolicyBuilder) -> RetryPolicy {
    let (policy, errors) = settings.build_leniently();
    for error in &errors {
        telemetry::invalid_policy(error);
    }
    policy
}

/// A copy of an argument for one attempt.
#[diagnostic::on_unimplemented(
    message = "`#[retry]` needs a fresh copy of this argument for every attempt, and `{Self}` is not `Clone`",
    label = "moved by the body, so every attempt needs one of its own",
    note = "take `&{Self}` or `Arc<{Self}>`, derive `Clone`, or write `#[retry(borrow(…))]` if the body only borrows it"
)]
pub trait Fresh {
    /// A fresh copy.
    #[must_use]
    fn fresh(&self) -> Self;
}

impl<T: Clone> Fresh for T {
    #[inline]
    fn fresh(&self) -> Self {
        self.clone()
    }
}

/// Takes a value in a branch that is never taken: so the block around it owns it.
#[inline]
pub fn consume<T>(_: T) {}

/// The output of a branch that is never taken, which tells the type of the other one.
#[cold]
pub fn never_taken<O>() -> O {
    unreachable!("the attributes write it into branches that are never taken")
}

/// The future that a function returns.
#[inline]
pub fn future<F: Future>(future: F) -> F {
    future
}

/// Sleeps between two attempts.
#[cfg(feature = "tokio")]
#[inline]
pub fn sleep(delay: Duration) -> impl Future<Output = ()> + Send {
    crate::time::sleep(delay)
}

/// The feature `tokio` of `resilient` is what async retries sleep with.
#[cfg(not(feature = "tokio"))]
#[derive(Debug)]
pub struct EnableTheFeatureTokioOfResilientForAsyncRetries;

#[cfg(not(feature = "tokio"))]
pub fn sleep(_: Duration) -> EnableTheFeatureTokioOfResilientForAsyncRetries {
    EnableTheFeatureTokioOfResilientForAsyncRetries
}

/// Sleeps between two attempts of a plain function.
pub fn sleep_blocking(delay: Duration) {
    crate::time::sleep_blocking(delay);
}
