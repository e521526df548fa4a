//! The loop around a closure, for those who do not use the attributes.

use super::attempt::Attempt;
use super::driver::RetryDriver;
use super::policy::RetryPolicy;
use super::record::{Kept, Last};
use super::terms::Terms;
use crate::breaker::{CircuitBreaker, RejectedOutput};
use crate::signal::{Classification, Classify, Fallible, every_failure};
use crate::time::sleep;

impl RetryPolicy {
    /// Runs `operation` until it succeeds or there is a reason to stop, and returns its last output. Every `Err`, or
    /// `None`, is tried again.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build()?;
    /// let answer = policy
    ///     .run(|attempt| async move { if attempt.is_first() { Err("too early") } else { Ok(42) } })
    ///     .await;
    /// assert_eq!(answer, Ok(42));
    /// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
    /// ```
    ///
    /// With time limits, a budget, or every attempt's error: [`call`](Self::call).
    ///
    /// An async closure that changes what it captures does not compile here: change it before the future is made, as in
    /// `|_| { calls += 1; async { … } }`, or use `#[retry]`, whose body may change what it likes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the running attempt or ends the sleep; nothing goes on.
    pub async fn run<O, F, R>(&self, operation: F) -> O
    where
        O: Fallible,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.run_with(every_failure, operation).await
    }

    /// The same, with errors that know what they mean.
    ///
    /// # Errors
    ///
    /// The last one of `operation`.
    ///
    /// # Cancel safety
    ///
    /// As for [`run`](Self::run).
    pub async fn run_classified<T, E, F, R>(&self, operation: F) -> Result<T, E>
    where
        E: Classify,
        F: FnMut(Attempt<Result<T, E>>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let classify = |output: &Result<T, E>| output.as_ref().err().map(E::classify);
        self.run_with(classify, operation).await
    }

    /// The same, with `classify` to say what an output means: `None` for a success.
    ///
    /// # Cancel safety
    ///
    /// As for [`run`](Self::run).
    pub async fn run_with<O, C, F, R>(&self, mut classify: C, mut operation: F) -> O
    where
        C: FnMut(&O) -> Option<Classification>,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        let terms = Terms::new().timed();
        let mut retry = RetryDriver::new(self, Some(&terms), true);
        let mut last = None;
        loop {
            let attempt = operation(Attempt::new(&retry, last));
            let output = retry.attempted(attempt).await;
            let Some(class) = classify(&output) else {
                retry.succeeded();
                return output;
            };
            match retry.after_failure(class, None) {
                Ok(delay) => {
                    last = Some(output);
                    sleep(delay).await;
                }
                Err(_) => return output,
            }
        }
    }

    /// Runs `operation` with every attempt passing through `breaker`. Once the circuit is open the loop ends with the
    /// real error, or waits if [`when_open`](super::RetryPolicyBuilder::when_open) says so. Only a call that is rejected
    /// at its first attempt returns [`CircuitOpen`](crate::breaker::CircuitOpen).
    ///
    /// # Cancel safety
    ///
    /// As for [`run`](Self::run); an attempt that is dropped gives its permit back.
    pub async fn run_through<O, F, R>(&self, breaker: &CircuitBreaker, operation: F) -> O
    where
        O: Fallible + RejectedOutput,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        self.run_through_with(breaker, every_failure, operation)
            .await
    }

    /// The same, with `classify` to say what an output means to both: `None` for a success.
    ///
    /// # Cancel safety
    ///
    /// As for [`run_through`](Self::run_through).
    pub async fn run_through_with<O, C, F, R>(
        &self,
        breaker: &CircuitBreaker,
        mut classify: C,
        mut operation: F,
    ) -> O
    where
        O: RejectedOutput,
        C: FnMut(&O) -> Option<Classification>,
        F: FnMut(Attempt<O>) -> R,
        R: Future<Output = O>,
    {
        let terms = Terms::new().timed();
        let mut retry = RetryDriver::new(self, Some(&terms), true);
        let mut kept = Last::new();
        loop {
            let (output, next) = match breaker.try_acquire() {
                Ok(permit) => {
                    let attempt = operation(kept.lend(&retry));
                    let output = retry.attempted(attempt).await;
                    let class = classify(&output);
                    permit.report_class(class);
                    let Some(class) = class else {
                        retry.succeeded();
                        return output;
                    };
                    let next = retry.after_failure(class, breaker.open_now().as_ref());
                    (output, next)
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
                Err(_) => return output,
            }
        }
    }
}
