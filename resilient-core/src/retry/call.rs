//! One call under a policy, and the loop that runs it: `policy.call()…run(operation)`.

use std::error::Error;
use std::time::Duration;

use super::attempt::Attempt;
use super::attempt_log::AttemptLog;
use super::budget::RetryBudget;
use super::call_options::CallOptions;
use super::cut::{CutShort, report_cut};
use super::driver::{AttemptEnd, RetryDriver};
use super::error::RetryError;
use super::error_log::ErrorLog;
use super::last_output::LastOutput;
use super::named::{DeclaredLimits, NamedPolicy, NamedRetry};
use super::nested::NestedMode;
use super::output_classifier::{ByClassify, BySource, Described, EveryFailure, OutputClassifier};
use super::permitted_attempt::PermittedCall;
use super::policy::RetryPolicy;
use crate::breaker::{CircuitBreaker, CircuitOpen, Permit, RejectedOutput};
use crate::signal::{
    Classification, Classify, ErrorText, StopReason, TimedOut, TimedOutOutput, debug_fields,
};

/// A call under a policy, with options for this call only. [`RetryPolicy::call`] creates the call;
/// [`run`](Self::run) or [`run_recorded`](Self::run_recorded) runs it.
///
/// | option | default |
/// |---|---|
/// | [`through`](Self::through) | no breaker |
/// | [`budget`](Self::budget) | no budget |
/// | [`deadline`](Self::deadline) | none |
/// | [`attempt_timeout`](Self::attempt_timeout) | none |
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
pub struct RetryCall<'a, O, C = EveryFailure> {
    policy: NamedPolicy<'a>,
    breaker: Option<Breaker<'a, O>>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    /// Set if the call has a deadline or an attempt timeout.
    timed_out: Option<fn(TimedOut) -> O>,
    budget: Option<&'a RetryBudget>,
    nested: NestedMode,
    classifier: C,
}

/// The breaker of all attempts, and the function that turns its rejection into an output.
struct Breaker<'a, O> {
    breaker: &'a CircuitBreaker,
    rejected: fn(CircuitOpen) -> O,
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
            timed_out: None,
            budget: None,
            nested: NestedMode::Warn,
            classifier: EveryFailure,
        }
    }
}

impl<'a, O, C> RetryCall<'a, O, C> {
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
        self.breaker = Some(Breaker { breaker, rejected });
        self
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

    /// Sets what the call does if it runs inside an attempt of another retry loop.
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }

    /// Classifies outputs with `classify`, for the loop and the breaker. `classify` returns `None`
    /// for a success. An attempt that a time limit cancelled is always a failure and is retried.
    pub fn classify_with<F>(self, classify: F) -> RetryCall<'a, O, F>
    where
        F: FnMut(&O) -> Option<Classification>,
    {
        self.with_classifier(classify)
    }

    fn with_classifier<D>(self, classifier: D) -> RetryCall<'a, O, D> {
        self.map_classifier(|_| classifier)
    }

    fn map_classifier<D>(self, classifier: impl FnOnce(C) -> D) -> RetryCall<'a, O, D> {
        RetryCall {
            policy: self.policy,
            breaker: self.breaker,
            deadline: self.deadline,
            attempt_timeout: self.attempt_timeout,
            timed_out: self.timed_out,
            budget: self.budget,
            nested: self.nested,
            classifier: classifier(self.classifier),
        }
    }
}

impl<'a, T, E: Classify, C> RetryCall<'a, Result<T, E>, C> {
    /// Classifies errors with [`Classify`], for the loop and the breaker.
    pub fn classified(self) -> RetryCall<'a, Result<T, E>, ByClassify> {
        self.with_classifier(ByClassify)
    }
}

impl<'a, T, E: Error + 'static, C> RetryCall<'a, Result<T, E>, C> {
    /// Classifies errors by their sources, for the loop and the breaker. An error that was caused
    /// by the rejection of a call by another function's breaker is not retried, and the breaker of
    /// this call ignores it. Every other error is a failure and is retried. `#[retry]` does the
    /// same for errors without [`Classify`].
    ///
    /// `Box<dyn Error>` refers to an error, but does not implement `Error`. For such types, pass
    /// [`Classification::of_error`] to [`classify_with`](Self::classify_with).
    pub fn by_source(self) -> RetryCall<'a, Result<T, E>, BySource> {
        self.with_classifier(BySource)
    }
}

impl<'a, T, E, C: OutputClassifier<Result<T, E>>> RetryCall<'a, Result<T, E>, C> {
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
    pub fn describe<F>(self, describe: F) -> RetryCall<'a, Result<T, E>, Described<C, F>>
    where
        F: FnMut(&E) -> ErrorText,
    {
        self.map_classifier(|classifier| Described { classifier, describe })
    }
}

impl<'a, O, C: OutputClassifier<O>> RetryCall<'a, O, C> {
    /// Runs `operation` until it succeeds or the policy stops the call, and returns the last
    /// output.
    ///
    /// An async closure that changes a captured variable does not compile here. Change the variable
    /// before the future is made, as in `|_| { calls += 1; async { … } }`, or use `#[retry]`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the sleep, or drops the running attempt and frees its permit. No
    /// attempt follows.
    pub fn run<F, R>(self, operation: F) -> impl Future<Output = O> + use<'a, O, C, F, R>
    where
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.drive(LastOutput::new(), operation)
    }

    async fn drive<L, F, R>(mut self, mut log: L, mut operation: F) -> L::Final
    where
        L: AttemptLog<O>,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        let declared = DeclaredLimits {
            deadline: self.deadline.is_some(),
            attempt_timeout: self.attempt_timeout.is_some(),
        };
        self.policy = self.policy.starting_now();
        let limits = self.policy.limits(declared, [self.deadline, self.attempt_timeout]);
        let [deadline, attempt_timeout] = limits;
        let options = CallOptions::new()
            .timed()
            .limits(deadline, attempt_timeout)
            .budgeted(self.budget)
            .nested(self.nested);
        let mut driver = RetryDriver::new(self.policy, Some(&options), true);
        loop {
            let permit = self.breaker.as_ref().map(|Breaker { breaker, rejected }| {
                let permit = breaker.try_acquire();
                permit.map_err(|open| (open, *rejected))
            });
            let (output, next) = match permit.transpose() {
                Ok(permit) => {
                    let known = log.hand_over(&driver);
                    let attempt = match &permit {
                        Some(permit) => {
                            let _entered = permit.enter();
                            operation(known)
                        }
                        None => operation(known),
                    };
                    let attempt = PermittedCall::new(permit.as_ref(), attempt);
                    let end = driver.limited(attempt, None).await;
                    self.after_attempt(&mut driver, permit, end)
                }
                Err((open, rejected)) => {
                    let next = driver.after(AttemptEnd::Rejected(&open), None);
                    let last = log.last_made(&driver);
                    (last.unwrap_or_else(|| rejected(open)), next.into())
                }
            };
            match next {
                Next::Succeeded => return log.succeed(output),
                Next::Stop(reason) => return log.end(output, &driver, reason),
                Next::Sleep(delay) => {
                    log.keep(output, &driver);
                    let breaker = self.breaker.as_ref().map(|below| below.breaker);
                    driver.sleep(delay, breaker).await;
                    log.slept(&driver);
                }
            }
        }
    }

    /// Reports an attempt that ran, and decides the next step.
    fn after_attempt(
        &mut self,
        driver: &mut RetryDriver<'_>,
        permit: Option<Permit<'_>>,
        end: Result<O, CutShort>,
    ) -> (O, Next) {
        let (output, end) = match (end, self.timed_out) {
            (Ok(output), _) => {
                let class = self.classifier.classify(&output);
                if let Some(permit) = permit {
                    permit.report_class(class);
                }
                let Some(class) = class else {
                    driver.succeeded();
                    return (output, Next::Succeeded);
                };
                (output, AttemptEnd::Failed(class))
            }
            (Err(cut), Some(output)) => {
                let (cause, excepted) = (cut.cause(), false);
                if let Some(permit) = permit {
                    report_cut(permit, cause, excepted);
                }
                (output(cut.timed_out), AttemptEnd::Cut { limit: cause.limit(), excepted })
            }
            (Err(_), None) => unreachable!("an attempt without limits is not cut short"),
        };
        let below = self.breaker.as_ref();
        let open = below.and_then(|below| below.breaker.open_now());
        (output, driver.after(end, open.as_ref()).into())
    }
}

impl<'a, T, E, C: OutputClassifier<Result<T, E>>> RetryCall<'a, Result<T, E>, C> {
    /// Runs the call like [`run`](Self::run). If the call fails, returns the errors of all
    /// attempts. Here, an attempt cannot read the error of the previous attempt. In a function with
    /// `#[retry(errors = all)]`, it can.
    ///
    /// # Errors
    ///
    /// Returns the errors of all attempts, at most the last 100, and the reason why the call ended.
    ///
    /// # Cancel safety
    ///
    /// Same as [`run`](Self::run).
    pub fn run_recorded<F, R>(
        self,
        operation: F,
    ) -> impl Future<Output = Result<T, RetryError<E>>> + use<'a, T, E, C, F, R>
    where
        F: FnMut(Attempt<Result<T, E>>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        self.drive(ErrorLog::new(), operation)
    }
}

/// The step that follows an attempt.
enum Next {
    Succeeded,
    Sleep(Duration),
    Stop(StopReason),
}

impl From<Result<Duration, StopReason>> for Next {
    fn from(next: Result<Duration, StopReason>) -> Self {
        match next {
            Ok(delay) => Self::Sleep(delay),
            Err(reason) => Self::Stop(reason),
        }
    }
}

debug_fields!(RetryCall<'a, O, C> { policy, breaker, budget, deadline, attempt_timeout, nested });
debug_fields!(Breaker<'a, O> { breaker });
