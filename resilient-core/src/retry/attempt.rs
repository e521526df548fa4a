//! The values that a loop passes to the body of an attempt, and to the hooks `on_retry`, `on_wait`
//! and `on_give_up`.

use std::time::{Duration, Instant};

use super::budget::RetryBudget;
use super::driver::RetryDriver;
use crate::signal::{CircuitState, ErrorText, Fallible, StopReason, debug_fields};
use crate::time;

// R12
/// The running attempt: its number, the wait before it, and the outcome of the previous attempt.
pub struct Attempt<O> {
    number: u32,
    last_delay: Duration,
    started: Instant,
    last_output: Option<O>,
}

impl<O> Attempt<O> {
    pub(crate) fn new(retry: &RetryDriver<'_>, last_output: Option<O>) -> Self {
        Self {
            number: retry.attempt_number(),
            last_delay: retry.last_delay(),
            started: retry.started_at().unwrap_or_else(time::now),
            last_output,
        }
    }

    /// Turns this value into the next attempt of the call. The last output stays.
    pub(super) fn start_next(&mut self, retry: &RetryDriver<'_>) {
        self.number = retry.attempt_number();
        self.last_delay = retry.last_delay();
    }

    #[inline]
    pub(super) fn last_output_mut(&mut self) -> &mut Option<O> {
        &mut self.last_output
    }

    pub(super) fn into_last(self) -> Option<O> {
        self.last_output
    }

    /// Returns the number of this attempt, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns whether this is the first attempt.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    /// Returns how long the call waited right before this attempt. In the first attempt, this is
    /// zero, unless a gate made it wait.
    #[must_use]
    pub fn last_delay(&self) -> Duration {
        self.last_delay
    }

    /// Reads the clock and returns the time since the call started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        time::now().saturating_duration_since(self.started)
    }

    /// Returns the output of the previous attempt, or `None` in the first attempt.
    #[must_use]
    pub fn last_output(&self) -> Option<&O> {
        self.last_output.as_ref()
    }

    /// Returns the error of the previous attempt, or `None` in the first attempt.
    #[must_use]
    pub fn last_error(&self) -> Option<&O::Error>
    where
        O: Fallible,
    {
        self.last_output.as_ref().and_then(O::failure)
    }
}

debug_fields!(Attempt<O> { number, last_delay });

/// The argument of `on_retry`. The hook runs before the sleep.
pub struct RetryEvent<'a, O> {
    pub(crate) name: Option<&'a str>,
    pub(crate) text: Option<&'a ErrorText>,
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) output: &'a O,
}

impl<'a, O> RetryEvent<'a, O> {
    /// Returns the name of the retry, or `None` if it has no name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Returns a short text about the error. It is `None` if the error has no text, or if the retry
    /// does not remember errors.
    #[must_use]
    pub fn error_text(&self) -> Option<&'a ErrorText> {
        self.text
    }

    /// Returns the number of the attempt that failed, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the maximum number of attempts.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// Returns how long the call waits before the next attempt.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Returns the output of the attempt that failed.
    #[must_use]
    pub fn output(&self) -> &'a O {
        self.output
    }

    /// Returns the error of the attempt that failed, or `None` if the output is not an error.
    #[must_use]
    pub fn error(&self) -> Option<&'a O::Error>
    where
        O: Fallible,
    {
        self.output.failure()
    }
}

debug_fields!(RetryEvent<'a, O> { name, attempt, delay });

/// The argument of `on_wait`. The hook runs before the call waits for its circuit.
///
/// A wait is no attempt. The call waits because the breaker rejected an attempt, or would reject
/// the next attempt.
#[derive(Debug, Clone, Copy)]
pub struct WaitEvent<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) wait: u32,
    pub(crate) failed_attempts: u32,
    pub(crate) most: Duration,
    pub(crate) state: CircuitState,
}

impl<'a> WaitEvent<'a> {
    /// Returns the name of the retry, or `None` if it has no name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Returns the number of this wait, counted from 1. A call waits at most `max_retries` times.
    #[must_use]
    pub fn wait(&self) -> u32 {
        self.wait
    }

    /// Returns how many attempts of the call have failed so far.
    #[must_use]
    pub fn failed_attempts(&self) -> u32 {
        self.failed_attempts
    }

    /// Returns the longest time that the call waits. The wait is shorter if the circuit closes
    /// earlier.
    #[must_use]
    pub fn at_most(&self) -> Duration {
        self.most
    }

    /// Returns the state of the circuit: open, or half-open with all probe slots taken.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.state
    }
}

/// The argument of `on_give_up`. The hook runs at the end of a failed call.
pub struct GiveUpEvent<'a, O> {
    pub(crate) name: Option<&'a str>,
    pub(crate) text: Option<&'a ErrorText>,
    pub(crate) attempts: u32,
    pub(crate) reason: StopReason,
    pub(crate) budget: Option<&'a str>,
    pub(crate) output: &'a O,
}

impl<'a, O> GiveUpEvent<'a, O> {
    #[inline]
    pub(crate) fn new(retry: &'a RetryDriver<'_>, output: &'a O, reason: StopReason) -> Self {
        Self {
            name: retry.name(),
            text: retry.error_text(),
            attempts: retry.failed_attempts().max(1),
            reason,
            budget: retry.budget_at_fault(reason).map(RetryBudget::name),
            output,
        }
    }

    /// Returns the name of the retry, or `None` if it has no name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Returns a short text about the error of the last attempt that ran. It is `None` if the error
    /// has no text, or if the retry does not remember errors.
    #[must_use]
    pub fn error_text(&self) -> Option<&'a ErrorText> {
        self.text
    }

    /// Returns the number of attempts that ran. If the breaker rejected every attempt, this is 1.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns why the call ends.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.reason
    }

    /// Returns the name of the budget if the call ends because the budget has too few tokens.
    #[must_use]
    pub fn budget(&self) -> Option<&'a str> {
        self.budget
    }

    /// Returns the output that the call returns.
    #[must_use]
    pub fn output(&self) -> &'a O {
        self.output
    }

    /// Returns the error that the call returns, or `None` if the output is not an error.
    #[must_use]
    pub fn error(&self) -> Option<&'a O::Error>
    where
        O: Fallible,
    {
        self.output.failure()
    }
}

debug_fields!(GiveUpEvent<'a, O> { name, attempts, reason, budget });
