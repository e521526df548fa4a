//! The maximum number of attempts of a call, and its longest time.

use std::time::Duration;

use super::backoff::Backoff;
use super::policy::RetryPolicy;

/// The number of delays that are added one by one. Later delays grow slowly, if at all.
const ONE_BY_ONE: u32 = 1_024;
/// Several later delays are added in one step if the first and the last of them differ by at most
/// one part in `ALIKE`.
const ALIKE: u32 = 128;

impl RetryPolicy {
    /// Returns the maximum number of attempts of a call, and the longest total sleep between them.
    ///
    /// ```
    /// use resilient_core::retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// // At most 100, 200 and 400 ms: jitter may shorten the delays.
    /// ```
    ///
    /// The computation takes microseconds for any number of retries, and a few milliseconds if
    /// delays grow very slowly. It calls [`Backoff::Custom`] for the first 1024 delays and assumes
    /// `max_delay` for later delays.
    pub fn worst_case(&self) -> WorstCase {
        let mut sum = Sum {
            retries: 0,
            least: Duration::ZERO,
            most: Duration::ZERO,
            limit: self.max_elapsed,
        };
        self.add_delays(&mut sum);
        WorstCase {
            attempts: sum.retries.saturating_add(1),
            sleep: self.max_elapsed.map_or(sum.most, |end| sum.most.min(end)),
            max_elapsed: self.max_elapsed,
        }
    }

    fn add_delays(&self, sum: &mut Sum) {
        let is_known = !matches!(self.backoff, Backoff::Custom(_));
        let final_range = self.range(if is_known { self.max_retries } else { 0 });
        // The number of delays that the next step adds.
        let mut step = 1;
        while sum.retries < self.max_retries {
            let (first, left) = (sum.retries + 1, self.max_retries - sum.retries);
            let (mut least, mut most) = if is_known || first <= ONE_BY_ONE {
                self.range(first)
            } else {
                step = left;
                (Duration::ZERO, self.max_delay)
            };
            if is_known && (least, most) == final_range {
                step = left;
            } else if is_known && first > ONE_BY_ONE {
                // Delays never shrink from one retry to the next.
                step = step.saturating_mul(2).min(left);
                loop {
                    let end = self.range(first + (step - 1));
                    if step == 1 || alike(least, end.0) && alike(most, end.1) {
                        most = end.1;
                        break;
                    }
                    step /= 2;
                }
            }
            least = least.min(most);
            if !sum.add(step, least, most) {
                return;
            }
        }
    }
}

fn alike(shorter: Duration, longer: Duration) -> bool {
    longer.saturating_sub(shorter) <= shorter / ALIKE
}

/// The sums of the shortest and of the longest delays so far.
struct Sum {
    retries: u32,
    least: Duration,
    most: Duration,
    /// A sleep that would reach this limit does not begin.
    limit: Option<Duration>,
}

impl Sum {
    /// Adds `count` sleeps whose length is between `least` and `most`, but only sleeps that begin
    /// before the limit. Returns whether all sleeps begin.
    fn add(&mut self, count: u32, least: Duration, most: Duration) -> bool {
        let begun = match self.limit {
            Some(limit) => count.min(self.begun_before(limit, least)),
            None => count,
        };
        self.retries += begun;
        self.least = self.least.saturating_add(least.saturating_mul(begun));
        self.most = self.most.saturating_add(most.saturating_mul(begun));
        begun == count
    }

    fn begun_before(&self, limit: Duration, each: Duration) -> u32 {
        let left = limit.saturating_sub(self.least).as_nanos();
        match (left, each.as_nanos()) {
            (0, _) => 0,
            (_, 0) => u32::MAX,
            (left, each) => u32::try_from((left - 1) / each).unwrap_or(u32::MAX),
        }
    }
}

/// The maximum number of attempts and the longest time of a call: see [`RetryPolicy::worst_case`].
///
/// The result is exact for up to 1024 retries. For more retries, the result is exact if the delays
/// reach their maximum within the first 1024. If delays grow more slowly, the result is too large
/// by less than a hundredth. The result includes `max_elapsed`. It does not include hints of the
/// dependency (each up to `max_retry_after`, plus a first delay), waits for an open circuit
/// ([`WhenOpen::Wait`](super::WhenOpen::Wait)), or late timers: tokio rounds up to a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct WorstCase {
    attempts: u32,
    sleep: Duration,
    max_elapsed: Option<Duration>,
}

impl WorstCase {
    /// Returns the maximum number of attempts, including the first attempt. A `max_elapsed` may
    /// allow fewer attempts than `max_retries`, even if attempts take no time.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the longest total time between attempts: the sum of the longest delays, at most
    /// `max_elapsed`. `Duration::MAX` means that the sum has no limit.
    #[must_use]
    pub const fn sleep(&self) -> Duration {
        self.sleep
    }

    /// Returns the longest time of the whole call, sleeps included, if no attempt takes longer than
    /// `timeout`. With `max_elapsed`, this is at most `max_elapsed` plus one attempt, because the
    /// last attempt begins before `max_elapsed` ends.
    #[must_use]
    pub fn with_attempt_timeout(&self, timeout: Duration) -> Duration {
        let whole = timeout.saturating_mul(self.attempts).saturating_add(self.sleep);
        match self.max_elapsed {
            Some(end) => whole.min(end.saturating_add(timeout)),
            None => whole,
        }
    }
}
