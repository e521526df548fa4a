//! The delays of a policy, for inspection or for a loop written by hand.

use std::iter::FusedIterator;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::policy::RetryPolicy;
use super::schedule::Schedule;

impl RetryPolicy {
    // R2
    /// Returns the delay before retry `k`, counted from 1, before jitter: the delay of the
    /// [`Backoff`](super::Backoff), limited by `max_delay`. `k` may exceed the maximum number of
    /// retries. A `k` of 0 counts as 1.
    ///
    /// Decorrelated and smooth jitter have no nominal delay. For them this method returns the base
    /// doubled at each retry; smooth delays grow around half of that value.
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
        self.backoff.nominal(k, self.base_delay, self.backoff_factor).min(self.max_delay)
    }

    /// Returns the shortest and the longest jittered delay before retry `k`, counted from 1. Only a
    /// hint of the dependency can exceed the longest delay. The longest smooth delay is rounded up,
    /// by a billionth at most.
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

    /// Returns the jittered delays of a call that keeps failing: one delay for each retry. Each
    /// iterator draws new delays. With a [`seed`](super::RetryPolicyBuilder::seed), all iterators
    /// draw the same delays.
    ///
    /// The iterator ignores hints of the dependency. A call can end earlier because of
    /// `max_elapsed`.
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
    /// A loop written by hand sleeps these delays and stops after the last one:
    ///
    /// ```
    /// # use resilient_core::retry::RetryPolicy;
    /// # let connect = || Err::<(), _>("refused");
    /// # let short = std::time::Duration::from_nanos(1);
    /// # let policy = RetryPolicy::builder().base_delay(short).build()?;
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
        Delays { nominal: self.nominal_delays(), schedule: Schedule::new(self.seed) }
    }

    /// Returns the [`nominal_delay`](Self::nominal_delay) of each retry.
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
        NominalDelays { policy: self, granted: 0 }
    }
}

/// The jittered delays of one call: see [`RetryPolicy::delays`].
#[derive(Debug, Clone)]
#[must_use = "iterators do nothing until they are asked"]
pub struct Delays<'policy> {
    nominal: NominalDelays<'policy>,
    schedule: Schedule,
}

/// The delays of one call before jitter: see [`RetryPolicy::nominal_delays`].
#[derive(Debug, Clone)]
#[must_use = "iterators do nothing until they are asked"]
pub struct NominalDelays<'policy> {
    policy: &'policy RetryPolicy,
    granted: u32,
}

impl NominalDelays<'_> {
    /// Returns the number of the next retry, or `None` after the last retry.
    #[inline]
    fn next_retry(&mut self) -> Option<u32> {
        if self.granted >= self.policy.max_retries {
            return None;
        }
        self.granted += 1;
        Some(self.granted)
    }
}

impl Iterator for Delays<'_> {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        let k = self.nominal.next_retry()?;
        Some(self.schedule.delay(self.nominal.policy, k))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.nominal.size_hint()
    }
}

impl Iterator for NominalDelays<'_> {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        let k = self.next_retry()?;
        Some(self.policy.nominal_delay(k))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.granted..self.policy.max_retries).size_hint()
    }
}

impl FusedIterator for Delays<'_> {}
impl FusedIterator for NominalDelays<'_> {}
