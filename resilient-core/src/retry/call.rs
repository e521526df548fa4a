//! One call with everything that a loop can have, for those who do not use the attributes.

use std::time::Duration;

use super::attempt::Attempt;
use super::budget::RetryBudget;
use super::driver::RetryDriver;
use super::error::RetryError;
use super::limits::report_cut;
use super::nested::NestedMode;
use super::policy::RetryPolicy;
use super::record::{Kept, Last, Record};
use super::terms::Terms;
use crate::breaker::{CircuitBreaker, CircuitOpen, RejectedOutput};
use crate::signal::TimedOutOutput;
use crate::signal::{Classification, Fallible, every_failure};
use crate::time::sleep;

/// A call to be made under a policy, with what belongs to the call rather than to the policy. Made by
/// [`RetryPolicy::call`].
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
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("inventory", BreakerConfig::default());
/// let policy = RetryPolicy::builder().max_retries(1).build()?;
/// let stock: Result<u32, FetchError> = policy
///     .call()
///     .attempt_timeout(Duration::from_secs(1))
///     .deadline(Duration::from_secs(5))
///     .through(&breaker)
///     .run(|_| std::future::pending())
///     .await;
/// let Err(FetchError::TimedOut(timed_out)) = stock else { panic!("it never answers") };
/// assert_eq!(timed_out.limit(), TimeLimit::AttemptTimeout);
/// assert_eq!(timed_out.attempts(), 2);
/// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a call is made by `run` or one of its like"]
pub struct RetryCall<'a> {
    policy: &'a RetryPolicy,
    breaker: Option<&'a CircuitBreaker>,
    budget: Option<&'a RetryBudget>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    nested: NestedMode,
}

impl RetryPolicy {
    /// A call under this policy, with limits, a breaker, or every attempt's error.
    pub fn call(&self) -> RetryCall<'_> {
        RetryCall {
            policy: self,
            breaker: None,
            budget: None,
            deadline: None,
            attempt_timeout: None,
            nested: NestedMode::Warn,
        }
    }
}

impl<'a> RetryCall<'a> {
    /// The time for the whole call. A running attempt is cancelled when it is over, and the call returns what
    /// [`TimedOut`](crate::retry::TimedOut) makes. A sleep that would reach it is not begun: the call ends with the last error.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// The time for each attempt. One that takes longer is cancelled, which is a failure, and tried again.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// Passes every attempt through a breaker. See [`RetryPolicy::run_through`].
    pub fn through(mut self, breaker: &'a CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// Pays retries from a budget, which all calls to one dependency share.
    pub fn budget(mut self, budget: &'a RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// What to do inside an attempt of another loop.
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }

    /// Makes the call; every `Err`, or `None`, is tried again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the running attempt or ends the sleep; nothing goes on.
    pub async fn run<O, F, R>(self, operation: F) -> O
    where
        O: Fallible + RejectedOutput + TimedOutOutput,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.run_with(every_failure, operation).await
    }

    /// The same, with `classify` to say what an output means to loop and breaker: `None` for a success. It is not asked
    /// about an attempt that was cut short: that is a failure, and retried.
    ///
    /// # Cancel safety
    ///
    /// As for [`run`](Self::run).
    pub async fn run_with<O, C, F, R>(self, mut classify: C, mut operation: F) -> O
    where
        O: RejectedOutput + TimedOutOutput,
        C: FnMut(&O) -> Option<Classification>,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.drive(Last::new(), &mut classify, &mut operation).await
    }

    /// Makes the call, and returns every attempt's error if it fails. Since the errors are kept, an attempt is not told that of
    /// the one before it; under `#[retry(errors = all)]` it is.
    ///
    /// # Errors
    ///
    /// Those of all attempts, the last of which the call ended with, and the reason.
    ///
    /// # Cancel safety
    ///
    /// As for [`run`](Self::run).
    pub async fn run_recorded<T, E, F, R>(self, mut operation: F) -> Result<T, RetryError<E>>
    where
        Result<T, E>: RejectedOutput + TimedOutOutput,
        F: FnMut(Attempt<Result<T, E>>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        self.drive(Record::new(), &mut every_failure, &mut operation)
            .await
    }

    async fn drive<O, K, F, R>(
        self,
        mut kept: K,
        classify: &mut impl FnMut(&O) -> Option<Classification>,
        operation: &mut F,
    ) -> K::Final
    where
        K: Kept<O>,
        O: RejectedOutput + TimedOutOutput,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        let terms = Terms::new()
            .timed()
            .limits(self.deadline, self.attempt_timeout)
            .budgeted(self.budget)
            .nested(self.nested);
        let mut retry = RetryDriver::new(self.policy, Some(&terms), true);
        loop {
            let (output, next) = match self.breaker.map(CircuitBreaker::try_acquire).transpose() {
                Ok(permit) => {
                    let attempt = operation(kept.give_away(&retry));
                    match retry.limited(attempt).await {
                        Ok(output) => {
                            let class = classify(&output);
                            if let Some(permit) = permit {
                                permit.report_class(class);
                            }
                            let Some(class) = class else {
                                retry.succeeded();
                                return kept.succeed(output);
                            };
                            let next = retry.after_failure(class, self.open_now().as_ref());
                            (output, next)
                        }
                        Err(timed_out) => {
                            let limit = timed_out.limit();
                            if let Some(permit) = permit {
                                report_cut(permit, limit, false, self.attempt_timeout.is_some());
                            }
                            let next = retry.after_cut(limit, false, self.open_now().as_ref());
                            (O::timed_out(timed_out), next)
                        }
                    }
                }
                Err(open) => {
                    let next = retry.after_rejection(&open);
                    let real = kept.real(&retry);
                    (real.unwrap_or_else(|| O::rejected(open)), next)
                }
            };
            match next {
                Ok(delay) => {
                    kept.keep(output, &retry);
                    sleep(delay).await;
                }
                Err(reason) => return kept.end(output, &retry, reason),
            }
        }
    }

    fn open_now(&self) -> Option<CircuitOpen> {
        self.breaker.and_then(CircuitBreaker::open_now)
    }
}
