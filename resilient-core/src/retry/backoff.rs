//! The nominal delay before each retry. It depends on the number of the retry.

use std::str::FromStr;
use std::time::Duration;

use resilient_settings::retry::{TABLE, key};
use resilient_settings::{TextError, Value};

use super::nanos;

/// How the delay grows: the nominal delay before retry `k`, counted from 1, before cap and jitter.
///
/// | schedule | delay before retry k | of 100 ms | choose it where |
/// |---|---|---|---|
/// | `Exponential` | base · factorᵏ⁻¹ | 100, 200, 400, 800 ms | a dependency is overloaded or down for an unknown time: nearly always |
/// | `Constant` | base | 100, 100, 100, 100 ms | you wait for an event that can come at any time: a lock, a leader, the replication of a record |
/// | `Linear` | base · k | 100, 200, 300, 400 ms | few retries must fit into a known time, and doubling would leave half of that time unused |
/// | `Fibonacci` | base · 1, 1, 2, 3, 5, 8 … | 100, 100, 200, 300 ms | as `Exponential`, with a softer start: the factor tends to 1.618 |
/// | `Custom` | the function's result, or the delay of `Exponential` if the result is `None` | | a dependency's documentation lists its delays |
///
/// The delay depends on `k` alone, so rounding errors do not add up: with a base of 500 ms and a
/// factor of 1.5, the delays are 500, 750, 1125 and 1687.5 ms. A delay above `Duration::MAX`
/// becomes `Duration::MAX` before the cap. `Fibonacci` is the sequence of go-retry, which begins
/// with the base twice.
///
/// ```
/// use resilient_core::retry::{Backoff, RetryPolicy};
/// use std::time::Duration;
///
/// // The first three delays are listed by the dependency; later delays are computed.
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Backoff {
    /// The delay grows by a factor each time.
    #[default]
    Exponential,
    /// Each delay is the base.
    Constant,
    /// The delay grows by the base each time.
    Linear,
    /// Each delay is the sum of the two before it.
    Fibonacci,
    /// A function of the user. Its argument is the number of the retry, counted from 1. The loop
    /// calls it a few times for each retry, also with `k = 1`, and
    /// [`worst_case`](super::RetryPolicy::worst_case) calls it too, so it should be pure.
    Custom(fn(u32) -> Option<Duration>),
}

/// Two functions of users are equal if they have the same address.
impl PartialEq for Backoff {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Custom(one), Self::Custom(other)) => std::ptr::fn_addr_eq(*one, *other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Backoff {
    pub(crate) const fn value(self) -> Value {
        Value::Word(match self {
            Self::Exponential => "exponential",
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Fibonacci => "fibonacci",
            Self::Custom(_) => "custom",
        })
    }

    /// Returns the delay before retry `k` without the cap: at most `Duration::MAX`.
    #[inline]
    pub(crate) fn nominal(self, k: u32, base: Duration, factor: f64) -> Duration {
        match self {
            Self::Custom(schedule) => custom(schedule, k.max(1), base, factor),
            // All other schedules begin with the base.
            _ if k <= 1 => base,
            Self::Exponential => exponential(k, base, factor),
            Self::Constant => base,
            Self::Linear => base.saturating_mul(k),
            Self::Fibonacci => nanos::times(base, fibonacci(k)),
        }
    }
}

/// Parses a word of the setting `backoff`: `exponential`, `constant`, `linear` or `fibonacci`.
impl FromStr for Backoff {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let value = TABLE.settings[key::backoff].read_word(text)?;
        let named = [Self::Constant, Self::Linear, Self::Fibonacci];
        let named = named.into_iter().find(|backoff| backoff.value() == value);
        Ok(named.unwrap_or_default())
    }
}

#[inline(never)]
fn custom(schedule: fn(u32) -> Option<Duration>, k: u32, base: Duration, factor: f64) -> Duration {
    schedule(k).unwrap_or_else(|| exponential(k, base, factor))
}

#[inline(never)]
#[allow(clippy::float_cmp, reason = "two is exact")]
fn exponential(k: u32, base: Duration, factor: f64) -> Duration {
    let growths = k - 1;
    // A factor of 2, the default, needs no logarithm.
    if factor == 2.0 && growths < 32 {
        return base.saturating_mul(1 << growths);
    }
    // `powi` is unsuitable: its error grows with k, so a delay could be shorter than the previous
    // delay.
    nanos::scaled(base, factor.powf(f64::from(growths))).max(base)
}

// R2
/// Returns the Fibonacci number with the index `k`: 1, 1, 2, 3, 5, 8 …. From `k` = 137 on, the
/// number exceeds the nanoseconds in `Duration::MAX`; from `k` = 140 on, it no longer grows.
fn fibonacci(k: u32) -> u128 {
    let (mut this, mut next) = (1_u128, 1_u128);
    for _ in 1..k.min(140) {
        (this, next) = (next, this + next);
    }
    this
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fibonacci_exceeds_the_longest_duration_in_nanoseconds_before_it_stops_growing() {
        let longest = Duration::MAX.as_nanos();
        assert!(fibonacci(136) <= longest && fibonacci(137) > longest);
        assert_eq!(fibonacci(u32::MAX), fibonacci(140));
    }
}
