//! One call under a policy, and its options: `policy.call()…run(operation)`.

use std::error::Error;
use std::time::Duration;

use super::attempt::GiveUpEvent;
use super::attempt_gate::AttemptGate;
use super::budget::RetryBudget;
use super::call_hooks::{CallHooks, GivenHooks, NoHooks};
use super::named::{NamedPolicy, NamedRetry};
use super::nested::NestedMode;
use super::output_classifier::{ByClassify, BySource, Described, EveryFailure, OutputClassifier};
use super::policy::RetryPolicy;
use crate::breaker::{CircuitBreaker, CircuitOpen, RejectedOutput};
use crate::signal::{Classification, Classify, ErrorText, TimedOut, TimedOutOutput, debug_fields};

/// A call under a policy, with options for this call only. [`RetryPolicy::call`] creates the call;
/// [`run`](Self::run), [`run_recorded`](Self::run_recorded) or [`run_holding`](Self::run_holding)
/// runs it.
///
/// | option | default |
/// |---|---|
/// | [`through`](Self::through) | no breaker |
/// | [`gate`](Self::gate) | no gate |
/// | [`budget`](Self::budget) | no budget |
/// | [`deadline`](Self::deadline) | none |
/// | [`attempt_timeout`](Self::attempt_timeout) | none |
/// | [`retry_timed_out`](Self::retry_timed_out) | `true` |
/// | [`nested`](Self::nested) | [`NestedMode::Warn`] |
/// | [`describe`](Self::describe) | no text about errors |
/// | [`classified`](Self::classified), [`by_source`](Self::by_source), [`classify_with`](Self::classify_with) | every `Err` and every `None` is a failure and is retried |
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen};
/// use resilient_core::retry::{RetryPolicy, TimeLimit, TimedOut};
/// use std::time::Duration;
///
/// #[derive(Debug, PartialEq)]
/// enum FetchError { Open(CircuitOpen), TimedOut(TimedOut) }
/// impl From<CircuitOpen> for FetchError {
///     fn from(open: CircuitOpen) -> Self { Self::Open(open) }
/// }
/// impl From<TimedOut> for FetchError {
///     fn from(timed_out: TimedOut) -> Self { Self::TimedOut(timed_out) }
/// }
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().start_paused(true).build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("inventory", BreakerConfig::default());
/// let policy = RetryPolicy::builder().max_retries(1).build()?;
/// let stock: Result<u32, FetchError> = policy
///     .call()
///     .attempt_timeout(Duration::from_secs(1))
///     .deadline(Duration::from_secs(5))
///     .through(&breaker)
///     .run(|_| std::future::pending())
///     .await;
/// let Err(FetchError::TimedOut(timed_out)) = stock else { panic!("the operation never returns") };
/// assert_eq!(timed_out.limit(), TimeLimit::AttemptTimeout);
/// assert_eq!(timed_out.attempts(), 2);
/// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
/// ```
#[must_use = "`run` or `run_recorded` makes the call"]
pub struct RetryCall<'a, O, C = EveryFailure, H = NoHooks> {
    pub(super) policy: NamedPolicy<'a>,
    pub(super) breaker: Option<CallBreaker<'a, O>>,
    pub(super) deadline: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) retries_timed_out: bool,
    /// Set if the call has a deadline or an attempt timeout.
    pub(super) timed_out: Option<fn(TimedOut) -> O>,
    pub(super) budget: Option<&'a RetryBudget>,
    pub(super) nested: NestedMode,
    pub(super) classifier: C,
    pub(super) hooks: H,
}

/// The breaker of all attempts, and the function that turns its rejection into an output.
pub(super) struct CallBreaker<'a, O> {
    pub(super) breaker: &'a CircuitBreaker,
    pub(super) rejected: fn(CircuitOpen) -> O,
}

impl RetryPolicy {
    /// Creates a call under this policy. `O` is the output of the operation, for example a `Result`
    /// or an `Option`.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// # let mut runtime = tokio::runtime::Builder::new_current_thread();
    /// # runtime.enable_time().build().unwrap().block_on(async {
    /// let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build()?;
    /// let stock = policy
    ///     .call()
    ///     .run(|attempt| async move { if attempt.is_first() { Err("early") } else { Ok(42) } })
    ///     .await;
    /// assert_eq!(stock, Ok(42));
    /// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
    /// ```
    pub fn call<O>(&self) -> RetryCall<'_, O> {
        RetryCall::of(self.into())
    }
}

impl NamedRetry {
    /// Creates a call under the policy and the name: see [`RetryPolicy::call`]. An override of the
    /// name applies to the call. It can change a `deadline` or an `attempt_timeout` only if the
    /// call has that limit.
    pub fn call<O>(&self) -> RetryCall<'_, O> {
        RetryCall::of(self.named_policy())
    }
}

impl<'a, O> RetryCall<'a, O> {
    fn of(policy: NamedPolicy<'a>) -> Self {
        Self {
            policy,
            breaker: None,
            deadline: None,
            attempt_timeout: None,
            retries_timed_out: true,
            timed_out: None,
            budget: None,
            nested: NestedMode::Warn,
            classifier: EveryFailure,
            hooks: NoHooks,
        }
    }
}

impl<'a, O, C, H> RetryCall<'a, O, C, H> {
    /// Returns the name of the retry, or `None` if the policy has no name.
    #[must_use]
    pub fn retry_name(&self) -> Option<&'a str> {
        self.policy.name()
    }

    /// Passes every attempt through a breaker. If the circuit opens during the call, the call ends
    /// with the error of its last attempt, or waits under
    /// [`WhenOpen::Wait`](super::WhenOpen::Wait). A call returns [`CircuitOpen`] only if the
    /// breaker rejected its first attempt.
    pub fn through(mut self, breaker: &'a CircuitBreaker) -> Self
    where
        O: RejectedOutput,
    {
        let rejected = O::rejected;
        self.breaker = Some(CallBreaker { breaker, rejected });
        self
    }

    // R16
    /// Passes every attempt through a gate, before its breaker. The gate can make attempts wait,
    /// refuse them, and end the waits of the call: see [`AttemptGate`].
    pub fn gate(self, gate: &'a mut dyn AttemptGate<O>) -> RetryCall<'a, O, C, GivenHooks<'a, O>>
    where
        H: CallHooks<'a, O>,
    {
        self.map_hooks(|hooks| GivenHooks { gate: Some(gate), ..hooks.given() })
    }

    // R12
    /// Calls `hook` at the end of the call, if the call fails. The event has the reason for the end
    /// and the output. `#[retry(on_give_up = …)]` does the same.
    ///
    /// ```
    /// use resilient_core::retry::{GiveUpEvent, RetryPolicy, StopReason};
    ///
    /// # let mut runtime = tokio::runtime::Builder::new_current_thread();
    /// # runtime.enable_time().build().unwrap().block_on(async {
    /// let policy = RetryPolicy::builder().max_retries(0).build()?;
    /// let hook = |event: &GiveUpEvent<'_, Result<(), &str>>| {
    ///     assert_eq!((event.reason(), event.error()), (StopReason::Exhausted, Some(&"down")));
    /// };
    /// policy.call().on_give_up(&hook).run(async |_| Err("down")).await.unwrap_err();
    /// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
    /// ```
    pub fn on_give_up(
        self,
        hook: &'a (dyn Fn(&GiveUpEvent<'_, O>) + Sync),
    ) -> RetryCall<'a, O, C, GivenHooks<'a, O>>
    where
        H: CallHooks<'a, O>,
    {
        self.map_hooks(|hooks| GivenHooks { on_give_up: Some(hook), ..hooks.given() })
    }

    /// Pays for retries from a budget that all calls to one dependency share.
    pub fn budget(mut self, budget: &'a RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Limits the time of the whole call, sleeps included. At the deadline, a running attempt is
    /// cancelled, and the call returns the output that [`TimedOut`] converts into. If a sleep would
    /// reach the deadline, the call ends at once with its last error.
    ///
    /// For the breaker of the call, an attempt that is cancelled at the deadline is a failure in
    /// these cases:
    ///
    /// - nothing came before the attempt: no other attempt, no rejection and no wait;
    /// - the attempt has no time limit itself, and the call waited for at most half of its time;
    /// - the attempt ran as long as its own time limit.
    ///
    /// In all other cases the attempt is abandoned. If the deadline comes from an outer call, the
    /// attempt is a failure only in the last case.
    pub fn deadline(mut self, time: Duration) -> Self
    where
        O: TimedOutOutput,
    {
        self.deadline = Some(time);
        self.timed_out = Some(O::timed_out);
        self
    }

    /// Limits the time of each attempt. An attempt that takes longer is cancelled, counts as a
    /// failure and is retried.
    pub fn attempt_timeout(mut self, time: Duration) -> Self
    where
        O: TimedOutOutput,
    {
        self.attempt_timeout = Some(time);
        self.timed_out = Some(O::timed_out);
        self
    }

    // R6
    /// Sets whether an attempt that its `attempt_timeout` cancelled is retried. With `false`, such
    /// an attempt still is a failure for the breaker, and ends the call. Use it if nobody knows
    /// whether a cancelled operation took effect, and it must not take effect twice. Default:
    /// `true`.
    pub fn retry_timed_out(mut self, yes: bool) -> Self {
        self.retries_timed_out = yes;
        self
    }

    /// Sets what the call does if it runs inside an attempt of another retry loop.
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }

    /// Classifies outputs with `classify`, for the loop and the breaker. `classify` returns `None`
    /// for a success. An attempt that a time limit cancelled is always a failure, and
    /// [`retry_timed_out`](Self::retry_timed_out) says whether it is retried.
    pub fn classify_with<F>(self, classify: F) -> RetryCall<'a, O, F, H>
    where
        F: FnMut(&O) -> Option<Classification>,
    {
        self.with_classifier(classify)
    }

    fn with_classifier<D>(self, classifier: D) -> RetryCall<'a, O, D, H> {
        self.map(|_, hooks| (classifier, hooks))
    }

    fn map_hooks<I>(self, hooks: impl FnOnce(H) -> I) -> RetryCall<'a, O, C, I> {
        self.map(|classifier, old| (classifier, hooks(old)))
    }

    /// Replaces the parts that are type parameters.
    fn map<D, I>(self, parts: impl FnOnce(C, H) -> (D, I)) -> RetryCall<'a, O, D, I> {
        let (classifier, hooks) = parts(self.classifier, self.hooks);
        RetryCall {
            policy: self.policy,
            breaker: self.breaker,
            deadline: self.deadline,
            attempt_timeout: self.attempt_timeout,
            retries_timed_out: self.retries_timed_out,
            timed_out: self.timed_out,
            budget: self.budget,
            nested: self.nested,
            classifier,
            hooks,
        }
    }
}

impl<'a, T, E: Classify, C, H> RetryCall<'a, Result<T, E>, C, H> {
    /// Classifies errors with [`Classify`], for the loop and the breaker.
    pub fn classified(self) -> RetryCall<'a, Result<T, E>, ByClassify, H> {
        self.with_classifier(ByClassify)
    }
}

impl<'a, T, E: Error + 'static, C, H> RetryCall<'a, Result<T, E>, C, H> {
    /// Classifies errors by their sources, for the loop and the breaker. An error that was caused
    /// by the rejection of a call by another function's breaker is not retried, and the breaker of
    /// this call ignores it. Every other error is a failure and is retried. `#[retry]` does the
    /// same for errors without [`Classify`].
    ///
    /// `Box<dyn Error>` refers to an error, but does not implement `Error`. For such types, pass
    /// [`Classification::of_error`] to [`classify_with`](Self::classify_with).
    pub fn by_source(self) -> RetryCall<'a, Result<T, E>, BySource, H> {
        self.with_classifier(BySource)
    }
}

impl<'a, T, E, C: OutputClassifier<Result<T, E>>, H> RetryCall<'a, Result<T, E>, C, H> {
    // B20
    /// Describes errors with `describe`, for the snapshots, events and logs of the retry and the
    /// breaker. `describe` is called for errors that are failures or are retried, unless the
    /// classifier gave a [text](Classification::with_text). Choose the classifier before.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use resilient_core::signal::ErrorText;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let answer: Result<u32, std::num::ParseIntError> =
    ///     RetryPolicy::DEFAULT.call().describe(ErrorText::of).run(async |_| "42".parse()).await;
    /// assert_eq!(answer, Ok(42));
    /// # });
    /// ```
    pub fn describe<F>(self, describe: F) -> RetryCall<'a, Result<T, E>, Described<C, F>, H>
    where
        F: FnMut(&E) -> ErrorText,
    {
        self.map(|classifier, hooks| (Described { classifier, describe }, hooks))
    }
}

debug_fields!(
    RetryCall<'a, O, C, H> { policy, breaker, budget, deadline, attempt_timeout, nested }
);
debug_fields!(CallBreaker<'a, O> { breaker });
