//! The delays of a policy to look at, or to sleep in a loop of one's own.

use std::iter::FusedIterator;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::policy::RetryPolicy;
use super::schedule::Schedule;

impl RetryPolicy {
    /// The delay before retry `k`, counted from 1, before jitter: what the [`Backoff`](super::Backoff) says, capped. It does
    /// not depend on how many retries there are; 0 counts as 1.
    ///
    /// Decorrelated and smooth jitter are schedules of their own, with nothing before them. With those it is a doubling,
    /// which smooth delays grow by, too, around its half.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// assert_eq!(RetryPolicy::DEFAULT.nominal_delay(3), Duration::from_millis(400));
    /// assert_eq!(RetryPolicy::DEFAULT.nominal_delay(u32::MAX), Duration::from_secs(10));
    /// ```
    #[must_use]
    #[inline]
    pub fn nominal_delay(&self, k: u32) -> Duration {
        self.backoff
            .nominal(k, self.base_delay, self.backoff_factor)
            .min(self.max_delay)
    }

    /// The shortest and the longest delay that the jitter can make of the one before retry `k`, counted from 1. Every
    /// delay of [`delays`](Self::delays) is within; only hints of the dependency go beyond. The longest smooth delay is
    /// rounded up, by a billionth at most.
    ///
    /// ```
    /// use resilient_core::retry::{Jitter, RetryPolicy};
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::builder().jitter(Jitter::Equal).build()?;
    /// assert_eq!(policy.delay_bounds(3), Duration::from_millis(200)..=Duration::from_millis(400));
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    #[must_use]
    pub fn delay_bounds(&self, k: u32) -> RangeInclusive<Duration> {
        let (least, most) = self.range(k);
        least..=most
    }

    /// The delays of a call that goes on failing: as many as there are retries, jittered, and with a
    /// [`seed`](super::RetryPolicyBuilder::seed) those that every call has. Each call of this draws anew.
    ///
    /// Hints of the dependency are no part of them, and `max_elapsed` can end a call before they do.
    ///
    /// ```
    /// use resilient_core::retry::{Jitter, RetryPolicy};
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::builder().jitter(Jitter::Full).build()?;
    /// for (k, delay) in (1..).zip(policy.delays()) {
    ///     assert!(delay <= policy.nominal_delay(k));
    /// }
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    ///
    /// In a loop that none of ours fits, where it says how long to wait and when to stop:
    ///
    /// ```
    /// # use resilient_core::retry::RetryPolicy;
    /// # let connect = || Err::<(), _>("refused");
    /// # let policy = RetryPolicy::builder().base_delay(std::time::Duration::from_nanos(1)).build()?;
    /// let mut delays = policy.delays();
    /// let result = loop {
    ///     match connect() {
    ///         Ok(connection) => break Ok(connection),
    ///         Err(error) => match delays.next() {
    ///             Some(delay) => std::thread::sleep(delay),
    ///             None => break Err(error),
    ///         },
    ///     }
    /// };
    /// # assert_eq!(result, Err("refused"));
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    pub fn delays(&self) -> Delays<'_> {
        Delays {
            policy: self,
            schedule: Schedule::new(self.seed),
            granted: 0,
        }
    }

    /// The same before jitter: [`nominal_delay`](Self::nominal_delay) of each retry.
    ///
    /// ```
    /// use resilient_core::retry::{Backoff, RetryPolicy};
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::builder().backoff(Backoff::Fibonacci).max_retries(6).build()?;
    /// let millis: Vec<_> = policy.nominal_delays().map(|delay| delay.as_millis()).collect();
    /// assert_eq!(millis, [100, 100, 200, 300, 500, 800]);
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    pub fn nominal_delays(&self) -> NominalDelays<'_> {
        NominalDelays {
            policy: self,
            granted: 0,
        }
    }
}

/// The jittered delays of one call: see [`RetryPolicy::delays`].
#[derive(Debug, Clone)]
#[must_use = "iterators do nothing until they are asked"]
pub struct Delays<'policy> {
    policy: &'policy RetryPolicy,
    schedule: Schedule,
    granted: u32,
}

/// The delays of one call before jitter: see [`RetryPolicy::nominal_delays`].
#[derive(Debug, Clone)]
#[must_use = "iterators do nothing until they are asked"]
pub struct NominalDelays<'policy> {
    policy: &'policy RetryPolicy,
    granted: u32,
}

/// The number of the next retry, if there is one.
#[inline]
fn next_retry(granted: &mut u32, policy: &RetryPolicy) -> Option<u32> {
    if *granted >= policy.max_retries {
        return None;
    }
    *granted += 1;
    Some(*granted)
}

fn left(granted: u32, policy: &RetryPolicy) -> (usize, Option<usize>) {
    let left = usize::try_from(policy.max_retries.saturating_sub(granted));
    (left.unwrap_or(usize::MAX), left.ok())
}

impl Iterator for Delays<'_> {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        let k = next_retry(&mut self.granted, self.policy)?;
        Some(self.schedule.delay(self.policy, k))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        left(self.granted, self.policy)
    }
}

impl Iterator for NominalDelays<'_> {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        let k = next_retry(&mut self.granted, self.policy)?;
        Some(self.policy.nominal_delay(k))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        left(self.granted, self.policy)
    }
}

impl FusedIterator for Delays<'_> {}
impl FusedIterator for NominalDelays<'_> {}
