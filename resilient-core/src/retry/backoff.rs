//! How long to wait before each retry, before jitter: computed from the retry's number, saturating at any number.

use std::time::Duration;

use super::nanos;

/// The nominal delay before retry `k`, counted from 1, before the cap and the jitter.
///
/// | schedule | delay before retry k | of 100 ms | choose it where |
/// |---|---|---|---|
/// | `Exponential` | base · factorᵏ⁻¹ | 100, 200, 400, 800 ms | a dependency is overloaded or away, and nobody knows for how long: nearly always |
/// | `Constant` | base | 100, 100, 100, 100 ms | something is awaited that comes at any time: a lock, a leader, a record not yet replicated |
/// | `Linear` | base · k | 100, 200, 300, 400 ms | few retries must fit into a known time, and doubling would leave it half unused |
/// | `Fibonacci` | base · 1, 1, 2, 3, 5, 8 … | 100, 100, 200, 300 ms | as `Exponential`, with a softer start: the factor tends to 1.618 |
/// | `Custom` | what the function says; where that is `None`, as `Exponential` | | a dependency's documentation lists its delays |
///
/// The delay is a function of `k` alone, so nothing is lost to rounding on the way: 500 ms by a factor of 1.5 are 500, 750,
/// 1125, 1687.5 ms. No number of retries and no duration is too large for it: what exceeds `Duration::MAX` is that, and
/// then the cap. The sequence of `Fibonacci` is that of go-retry, which begins with two of the base.
///
/// ```
/// use resilient_core::retry::{Backoff, RetryPolicy};
/// use std::time::Duration;
///
/// // What the dependency's documentation says; from the fourth on, as computed.
/// let listed = Backoff::Custom(|k| {
///     let secs = [1, 5, 30].get(k as usize - 1)?;
///     Some(Duration::from_secs(*secs))
/// });
/// let policy = RetryPolicy::builder()
///     .backoff(listed)
///     .base_delay(Duration::from_secs(10))
///     .max_delay(Duration::from_secs(60))
///     .max_retries(4)
///     .build()?;
/// let secs: Vec<_> = policy.nominal_delays().map(|delay| delay.as_secs()).collect();
/// assert_eq!(secs, [1, 5, 30, 60]);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Backoff {
    /// The delay grows by a factor each time.
    #[default]
    Exponential,
    /// The same delay each time.
    Constant,
    /// The delay grows by the base each time.
    Linear,
    /// Each delay is the sum of the two before it.
    Fibonacci,
    /// A schedule of one's own: given the number of the retry, from 1. It is asked once for each retry, and
    /// [`worst_case`](super::RetryPolicy::worst_case) asks it, too, so it should say the same each time.
    Custom(fn(u32) -> Option<Duration>),
}

impl Backoff {
    /// The delay before retry `k`, uncapped: at most `Duration::MAX`.
    #[inline]
    pub(crate) fn nominal(self, k: u32, base: Duration, factor: f64) -> Duration {
        match self {
            Self::Custom(schedule) => custom(schedule, k.max(1), base, factor),
            // All others begin with it.
            _ if k <= 1 => base,
            Self::Exponential => exponential(k, base, factor),
            Self::Constant => base,
            Self::Linear => base.saturating_mul(k),
            Self::Fibonacci => nanos::times(base, fibonacci(k)),
        }
    }
}

#[inline(never)]
fn custom(schedule: fn(u32) -> Option<Duration>, k: u32, base: Duration, factor: f64) -> Duration {
    schedule(k).unwrap_or_else(|| exponential(k, base, factor))
}

#[inline(never)]
#[allow(clippy::float_cmp, reason = "two is a number that is exact")]
fn exponential(k: u32, base: Duration, factor: f64) -> Duration {
    let growths = k - 1;
    // What most delays are, without a logarithm.
    if factor == 2.0 && growths < 32 {
        return base.saturating_mul(1 << growths);
    }
    // Not `powi`: its error grows with k, so that a delay could be shorter than the one before it.
    nanos::scaled(base, factor.powf(f64::from(growths))).max(base)
}

/// 1, 1, 2, 3, 5, 8 …, saturating.
fn fibonacci(k: u32) -> u64 {
    let (mut this, mut next) = (1_u64, 1_u64);
    // The 94th is beyond u64, so no more steps are needed for any k.
    for _ in 1..k.min(95) {
        (this, next) = (next, this.saturating_add(next));
    }
    this
}
