//! What an attempt knows of itself, and what hooks are told.

use std::fmt;
use std::time::{Duration, Instant};

use super::driver::RetryDriver;
use crate::signal::Fallible;
use crate::signal::StopReason;
use crate::time;

/// The attempt that is running: which one it is, and what came before.
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

    pub(super) fn into_last(self) -> Option<O> {
        self.last_output
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether it is the first one.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    /// How long the call waited right before it. Zero for the first.
    #[must_use]
    pub fn last_delay(&self) -> Duration {
        self.last_delay
    }

    /// The time since the call started. Reads the clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        time::now().saturating_duration_since(self.started)
    }

    /// The output of the attempt before it. `None` for the first.
    #[must_use]
    pub fn last_output(&self) -> Option<&O> {
        self.last_output.as_ref()
    }

    /// The error of the attempt before it. `None` for the first.
    #[must_use]
    pub fn last_error(&self) -> Option<&O::Error>
    where
        O: Fallible,
    {
        self.last_output.as_ref().and_then(O::failure)
    }
}

impl<O> fmt::Debug for Attempt<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("last_delay", &self.last_delay)
            .finish_non_exhaustive()
    }
}

/// What `on_retry` is told, before the sleep.
pub struct RetryEvent<'a, O> {
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) output: &'a O,
}

impl<'a, O> RetryEvent<'a, O> {
    /// The number of the attempt that failed, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many attempts there are at most.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How long the call waits now.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// What the attempt returned.
    #[must_use]
    pub fn output(&self) -> &'a O {
        self.output
    }

    /// The attempt's error.
    #[must_use]
    pub fn error(&self) -> Option<&'a O::Error>
    where
        O: Fallible,
    {
        self.output.failure()
    }
}

impl<O> fmt::Debug for RetryEvent<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryEvent")
            .field("attempt", &self.attempt)
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

/// What `on_give_up` is told, at the end of a failed call.
pub struct GiveUpEvent<'a, O> {
    pub(crate) attempts: u32,
    pub(crate) reason: StopReason,
    pub(crate) output: &'a O,
}

impl<'a, O> GiveUpEvent<'a, O> {
    /// How many attempts there were.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Why there is no other one.
    #[must_use]
    pub fn reason(&self) -> StopReason {
        self.reason
    }

    /// What the call returns.
    #[must_use]
    pub fn output(&self) -> &'a O {
        self.output
    }

    /// The error that the call returns.
    #[must_use]
    pub fn error(&self) -> Option<&'a O::Error>
    where
        O: Fallible,
    {
        self.output.failure()
    }
}

impl<O> fmt::Debug for GiveUpEvent<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GiveUpEvent")
            .field("attempts", &self.attempts)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
