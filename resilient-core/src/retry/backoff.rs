//! How long to wait before each retry, before jitter: computed from the retry's number, saturating at any number.

use std::time::Duration;

/// The nominal delay before retry `k`, counted from 1, before the cap and the jitter.
///
/// | schedule | delay before retry k |
/// |---|---|
/// | `Exponential` | base · factorᵏ⁻¹ |
/// | `Constant` | base |
/// | `Linear` | base · k |
/// | `Fibonacci` | base · 1, 1, 2, 3, 5, 8 … |
/// | `Custom` | what the function says; where that is `None`, as `Exponential` |
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
    /// A schedule of one's own.
    Custom(fn(u32) -> Option<Duration>),
}

impl Backoff {
    /// The delay before retry `k`, uncapped: at most `Duration::MAX`.
    pub(crate) fn nominal(self, k: u32, base: Duration, factor: f64) -> Duration {
        let k = k.max(1);
        match self {
            Self::Exponential => exponential(k, base, factor),
            Self::Constant => base,
            Self::Linear => base.saturating_mul(k),
            Self::Fibonacci => times(base, fibonacci(k)),
            Self::Custom(schedule) => schedule(k).unwrap_or_else(|| exponential(k, base, factor)),
        }
    }
}

fn exponential(k: u32, base: Duration, factor: f64) -> Duration {
    let growth = factor.powf(f64::from(k - 1));
    // Zero times infinity is no number.
    if base.is_zero() || growth <= 1.0 {
        return base;
    }
    from_secs(base.as_secs_f64() * growth)
}

/// Saturating; nothing for what is no number.
pub(super) fn from_secs(secs: f64) -> Duration {
    if secs.is_nan() || secs <= 0.0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX)
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

fn times(base: Duration, by: u64) -> Duration {
    let nanos = base.as_nanos().saturating_mul(u128::from(by));
    let secs = u64::try_from(nanos / 1_000_000_000);
    let rest = (nanos % 1_000_000_000) as u32;
    secs.map_or(Duration::MAX, |secs| Duration::new(secs, rest))
}
