//! The loop that runs a call: `policy.call()…run(operation)`.

use std::time::Duration;

use super::attempt::{Attempt, GiveUpEvent};
use super::attempt_log::AttemptLog;
use super::call::{CallBreaker, RetryCall};
use super::call_hooks::CallHooks;
use super::call_options::CallOptions;
use super::driver::{AttemptEnd, NotAdmitted, RetryDriver};
use super::error::RetryError;
use super::error_log::ErrorLog;
use super::last_output::LastOutput;
use super::named::DeclaredLimits;
use super::output_classifier::OutputClassifier;
use super::permitted_attempt::PermittedCall;
use super::report_cut::report_cut;
use super::success_permit::{Held, Reported, SuccessPermit};
use crate::breaker::{OwnedPermit, Permit};
use crate::deadline::CutShort;
use crate::signal::StopReason;

impl<'a, O, C, H> RetryCall<'a, O, C, H>
where
    C: OutputClassifier<O>,
    H: CallHooks<'a, O>,
{
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
    pub fn run<F, R>(self, operation: F) -> impl Future<Output = O> + use<'a, O, C, H, F, R>
    where
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.drive(LastOutput::new(), Reported, operation)
    }

    // B6
    /// Runs the call like [`run`](Self::run), and returns the permit of the attempt that succeeded.
    /// Use it if the output is the head of a response whose body is read later, so that the breaker
    /// learns how the body ended. The permit is `None` if the call has no breaker, or if it did not
    /// succeed. The loop reports all attempts that do not succeed.
    ///
    /// The caller owns the permit: call [`head_received`](OwnedPermit::head_received) at once, and
    /// report the outcome when the body has ended. A dropped permit is an abandoned call. Until
    /// then the call is in flight, and a probe keeps its slot. To nest calls in it, use
    /// [`OwnedPermit::within`].
    ///
    /// To the retry and its budget, the call has succeeded when this future is ready. No attempt
    /// follows if the body fails.
    ///
    /// ```
    /// use resilient_core::breaker::CircuitBreaker;
    /// use resilient_core::retry::RetryPolicy;
    /// use resilient_core::signal::Outcome;
    /// # use resilient_core::breaker::CircuitOpen;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let breaker = CircuitBreaker::default();
    /// let call = RetryPolicy::DEFAULT.call().through(&breaker);
    /// let (body, permit) = call.run_holding(async |_| Ok::<_, CircuitOpen>(["a", "b"])).await;
    /// let mut permit = permit.expect("the call succeeded");
    /// permit.head_received();
    /// let is_whole = body?.ends_with(&["b"]);
    /// permit.report(if is_whole { Outcome::Success } else { Outcome::Failure });
    /// assert_eq!(breaker.snapshot().totals.success, 1);
    /// # Ok::<(), CircuitOpen>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Same as [`run`](Self::run). If the future is dropped before it is ready, no permit is left.
    pub fn run_holding<F, R>(
        self,
        operation: F,
    ) -> impl Future<Output = (O, Option<OwnedPermit>)> + use<'a, O, C, H, F, R>
    where
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.drive(LastOutput::new(), Held(None), operation)
    }

    async fn drive<L, P, F, R>(mut self, mut log: L, mut success: P, mut operation: F) -> P::Output
    where
        L: AttemptLog<O>,
        P: SuccessPermit<L::Final>,
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
        if let Some(gate) = self.hooks.gate() {
            if let Err(end) = driver.pass(gate).await {
                return success.output(self.not_started(driver, log, end));
            }
        }
        loop {
            let permit = self.breaker.as_ref().map(|CallBreaker { breaker, rejected }| {
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
                    self.after_attempt(&mut driver, permit, &mut success, end)
                }
                Err((open, rejected)) => {
                    let next = driver.after(AttemptEnd::Rejected(&open), None);
                    let last = log.last_made(&driver);
                    (last.unwrap_or_else(|| rejected(open)), next.into())
                }
            };
            match next {
                Next::Succeeded => return success.output(log.succeed(output)),
                Next::Stop(reason) => {
                    return success.output(self.give_up(log, output, &driver, reason));
                }
                Next::Sleep(delay) => {
                    log.keep(output, &driver);
                    let breaker = self.breaker.as_ref().map(|below| below.breaker);
                    match self.hooks.gate() {
                        None => driver.sleep(delay, breaker).await,
                        Some(gate) => {
                            if let Err(end) = driver.sleep_before(gate, delay, breaker).await {
                                let output = self.not_started(driver, log, end);
                                return success.output(output);
                            }
                        }
                    }
                    log.slept(&driver);
                }
            }
        }
    }

    /// Ends a call whose gate did not admit the next attempt.
    fn not_started<L: AttemptLog<O>>(
        &self,
        mut driver: RetryDriver<'_>,
        mut log: L,
        end: NotAdmitted<O>,
    ) -> L::Final {
        let NotAdmitted { reason, output } = end;
        // This end never leads to another attempt.
        let _ = driver.after(AttemptEnd::NotStarted(reason), None);
        let output = match (log.last_made(&driver), output, self.timed_out) {
            (Some(last), _, _) | (None, Ok(last), _) => last,
            (None, Err(cut), Some(output)) => output(cut.before_any_attempt()),
            (None, Err(_), None) => unreachable!("a call without limits is not cut short"),
        };
        self.give_up(log, output, &driver, reason)
    }

    /// Ends a call that failed.
    fn give_up<L: AttemptLog<O>>(
        &self,
        mut log: L,
        output: O,
        driver: &RetryDriver<'_>,
        reason: StopReason,
    ) -> L::Final {
        self.hooks.give_up(|| GiveUpEvent::new(driver, &output, reason));
        log.end(output, driver, reason)
    }

    /// Reports an attempt that ran, and decides the next step.
    fn after_attempt<P: SuccessPermit<F>, F>(
        &mut self,
        driver: &mut RetryDriver<'_>,
        permit: Option<Permit<'_>>,
        success: &mut P,
        end: Result<O, CutShort>,
    ) -> (O, Next) {
        let (output, end) = match (end, self.timed_out) {
            (Ok(output), _) => {
                let class = self.classifier.classify(&output);
                let Some(class) = class else {
                    if let Some((below, permit)) = self.breaker.as_ref().zip(permit) {
                        success.succeeded(below.breaker, permit);
                    }
                    driver.succeeded();
                    return (output, Next::Succeeded);
                };
                if let Some(permit) = permit {
                    permit.report_class(Some(class));
                }
                (output, AttemptEnd::Failed(class))
            }
            (Err(cut), Some(output)) => {
                let (cause, excepted) = (cut.cause(), !self.retries_timed_out);
                if let Some(permit) = permit {
                    report_cut(permit, cause, false);
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

impl<'a, T, E, C, H> RetryCall<'a, Result<T, E>, C, H>
where
    C: OutputClassifier<Result<T, E>>,
    H: CallHooks<'a, Result<T, E>>,
{
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
    ) -> impl Future<Output = Result<T, RetryError<E>>> + use<'a, T, E, C, H, F, R>
    where
        F: FnMut(Attempt<Result<T, E>>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        self.drive(ErrorLog::new(), Reported, operation)
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
