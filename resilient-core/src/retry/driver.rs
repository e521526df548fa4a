//! The loop's driver: told how each attempt failed, it says how long to wait, or why to stop.
//!
//! It knows nothing of functions and outputs: the loop is written into the annotated function, and in
//! [`RetryPolicy::run`](super::RetryPolicy::run).

use std::fmt;
use std::time::{Duration, Instant};

use super::policy::{RetryPolicy, WhenOpen};
use super::schedule::Schedule;
use crate::breaker::CircuitOpen;
use crate::outcome::Class;
use crate::telemetry;
use crate::time;

/// Why a failed call was not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// All attempts are used up.
    Exhausted,
    /// Another attempt would not help.
    NotRetryable,
    /// The next delay would reach `max_elapsed`.
    Elapsed,
    /// The circuit is open.
    CircuitOpen,
    /// The dependency asks for more time than `max_hint`, or than is left.
    Hint,
    /// There is a delay to wait for and no async runtime to wait in, or one without timers. Of the latter tokio tells by a
    /// panic, which is contained; its message goes where the process's panics go.
    NoTimer,
}

impl GiveUp {
    /// The name in lower case, as metrics and logs use it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::NotRetryable => "not_retryable",
            Self::Elapsed => "elapsed",
            Self::CircuitOpen => "circuit_open",
            Self::Hint => "hint",
            Self::NoTimer => "no_timer",
        }
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The retries of one call.
///
/// A call whose first attempt succeeds has made one and dropped it: no clock (unless `max_elapsed` needs its start), no
/// random number, no allocation.
#[derive(Debug)]
pub struct Retry<'policy> {
    policy: &'policy RetryPolicy,
    started: Option<Instant>,
    needs_timer: bool,
    /// There once an attempt has failed, so that a call that succeeds at once has next to nothing to set up.
    progress: Option<Progress>,
}

/// How far the retries of one call have got.
#[derive(Debug)]
struct Progress {
    /// An attempt was made and failed, rather than rejected.
    has_failed: bool,
    /// Retries that were granted so far.
    retries: u32,
    last_delay: Duration,
    schedule: Schedule,
}

impl<'policy> Retry<'policy> {
    /// Starts a call. Whoever drives it sleeps as it likes.
    #[inline]
    #[must_use]
    pub fn start(policy: &'policy RetryPolicy) -> Self {
        Self {
            policy,
            started: policy.max_elapsed.is_some().then(time::now),
            needs_timer: false,
            progress: None,
        }
    }

    /// Starts a call that sleeps in an async runtime: where there is none, it ends with [`GiveUp::NoTimer`] rather than
    /// in a panic.
    #[inline]
    #[must_use]
    pub fn start_async(policy: &'policy RetryPolicy) -> Self {
        let mut retry = Self::start(policy);
        retry.needs_timer = true;
        retry
    }

    /// Reads the clock, so that attempts know the time since the call's start.
    #[inline]
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.started.get_or_insert_with(time::now);
        self
    }

    /// The number of the attempt that runs now, or has just failed: from 1.
    #[must_use]
    pub fn attempt_number(&self) -> u32 {
        self.retries().saturating_add(1)
    }

    /// How many attempts there are at most.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.policy.max_retries.saturating_add(1)
    }

    /// Whether an attempt of this call was made and failed.
    #[doc(hidden)]
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.has_failed)
    }

    /// How long the call waited before the present attempt.
    #[must_use]
    pub fn last_delay(&self) -> Duration {
        self.progress
            .as_ref()
            .map_or(Duration::ZERO, |progress| progress.last_delay)
    }

    /// When the call started, if that is known.
    #[must_use]
    pub(super) fn started_at(&self) -> Option<Instant> {
        self.started
    }

    /// An attempt failed. `open` says that the circuit is open now, also if this failure opened it.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[cold]
    pub fn after_failure(
        &mut self,
        class: Class,
        open: Option<&CircuitOpen>,
    ) -> Result<Duration, GiveUp> {
        self.progress().has_failed = true;
        let next = self.decide(class, open);
        self.grant(next)
    }

    /// An attempt was rejected by the circuit below.
    ///
    /// # Errors
    ///
    /// Why there is no other attempt.
    #[cold]
    pub fn after_rejection(&mut self, open: &CircuitOpen) -> Result<Duration, GiveUp> {
        let next = self.wait_for_circuit(open, None);
        self.grant(next)
    }

    fn decide(&mut self, class: Class, open: Option<&CircuitOpen>) -> Result<Duration, GiveUp> {
        if !class.retry {
            return Err(GiveUp::NotRetryable);
        }
        if let Some(open) = open {
            return self.wait_for_circuit(open, class.retry_after);
        }
        if self.retries() >= self.policy.max_retries {
            return Err(GiveUp::Exhausted);
        }
        let left = self.time_left();
        let delay = self.delay();
        let Some(hint) = self.acceptable(class.retry_after, left)? else {
            return fits(delay, left, GiveUp::Elapsed);
        };
        let asked = hint.saturating_add(self.first_delay());
        fits(delay.max(asked), left, GiveUp::Elapsed)
    }

    /// A hint is a floor here too: the dependency asks for it whether or not the circuit would admit a call before.
    fn wait_for_circuit(
        &mut self,
        open: &CircuitOpen,
        hint: Option<Duration>,
    ) -> Result<Duration, GiveUp> {
        if self.policy.when_open == WhenOpen::Stop {
            return Err(GiveUp::CircuitOpen);
        }
        if self.retries() >= self.policy.max_retries {
            return Err(GiveUp::Exhausted);
        }
        let retry_after = open.retry_after().ok_or(GiveUp::CircuitOpen)?;
        let left = self.time_left();
        let hint = self.acceptable(hint, left)?.unwrap_or_default();
        let longest = self.delay().max(retry_after).max(hint);
        let delay = longest.saturating_add(self.first_delay());
        fits(delay, left, GiveUp::CircuitOpen)
    }

    /// What the dependency asks for, unless that is too long.
    fn acceptable(
        &self,
        hint: Option<Duration>,
        left: Option<Duration>,
    ) -> Result<Option<Duration>, GiveUp> {
        match hint {
            Some(hint) if hint > self.policy.max_hint => Err(GiveUp::Hint),
            Some(hint) if left.is_some_and(|left| hint >= left) => Err(GiveUp::Hint),
            hint => Ok(hint),
        }
    }

    fn grant(&mut self, next: Result<Duration, GiveUp>) -> Result<Duration, GiveUp> {
        match next {
            Ok(delay) if self.needs_timer && !delay.is_zero() && !time::has_timer() => {
                self.stop(GiveUp::NoTimer)
            }
            Ok(delay) => {
                telemetry::retrying(self.attempt_number(), delay);
                let progress = self.progress();
                progress.retries = progress.retries.saturating_add(1);
                progress.last_delay = delay;
                Ok(delay)
            }
            Err(reason) => self.stop(reason),
        }
    }

    fn stop(&self, reason: GiveUp) -> Result<Duration, GiveUp> {
        telemetry::gave_up(self.attempt_number(), reason);
        Err(reason)
    }

    fn retries(&self) -> u32 {
        self.progress
            .as_ref()
            .map_or(0, |progress| progress.retries)
    }

    fn progress(&mut self) -> &mut Progress {
        let seed = self.policy.seed;
        self.progress.get_or_insert_with(|| Progress {
            has_failed: false,
            retries: 0,
            last_delay: Duration::ZERO,
            schedule: Schedule::new(seed),
        })
    }

    fn time_left(&self) -> Option<Duration> {
        let max_elapsed = self.policy.max_elapsed?;
        let elapsed = time::now().saturating_duration_since(self.started?);
        Some(max_elapsed.saturating_sub(elapsed))
    }

    /// The jittered delay before the next retry.
    fn delay(&mut self) -> Duration {
        let policy = self.policy;
        let Progress {
            retries, schedule, ..
        } = self.progress();
        schedule.delay(policy, retries.saturating_add(1))
    }

    fn first_delay(&mut self) -> Duration {
        let policy = self.policy;
        self.progress().schedule.spread(policy)
    }
}

/// A delay that reaches the end of the time left is useless: nothing could come of the attempt.
fn fits(delay: Duration, left: Option<Duration>, otherwise: GiveUp) -> Result<Duration, GiveUp> {
    match left {
        Some(left) if delay >= left => Err(otherwise),
        _ => Ok(delay),
    }
}
