//! Randomness in delays, so that clients that failed together do not come back together.

use std::time::Duration;

use super::backoff::from_secs;

/// How a delay is spread. Applied after the cap, and never beyond it.
///
/// With d the capped nominal delay:
///
/// | jitter | delay |
/// |---|---|
/// | `Full` | uniform in \[0, d\] |
/// | `Equal` | uniform in \[d/2, d\] |
/// | `Proportional(f)` | uniform in \[d(1−f), min(d(1+f), `max_delay`)\] |
/// | `None` | d |
/// | `Decorrelated` | first the base, then uniform in \[base, min(3 · the delay before, `max_delay`)\] |
/// | `Smooth` | base · (S(tₖ) − S(tₖ₋₁)) / 1.4 with S(t) = 2ᵗ · tanh √(4t) and tₖ = k − 1 + U(0, 1) |
///
/// `Full` makes the least work for a dependency that many clients contend for; see the [AWS Architecture
/// Blog](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). `Decorrelated` is from the same
/// source; `Smooth` is Polly's formula, whose delays have a density without steps.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything up to the delay.
    #[default]
    Full,
    /// The upper half of the delay.
    Equal,
    /// The delay, more or less by this share of it: 0 to 1.
    Proportional(f64),
    /// No randomness.
    None,
    /// A schedule of its own, which grows from the delay before.
    Decorrelated,
    /// A schedule of its own, whose delays are spread smoothly.
    Smooth,
}

impl Jitter {
    /// Whether it is a schedule of its own, so that no factor and no other backoff go with it.
    pub(super) const fn is_schedule(self) -> bool {
        matches!(self, Self::Decorrelated | Self::Smooth)
    }

    pub(super) const fn is_in_range(self) -> bool {
        match self {
            Self::Proportional(share) => share >= 0.0 && share <= 1.0,
            _ => true,
        }
    }

    /// Spreads `delay`, which is capped already, within `cap`.
    pub(super) fn spread(self, delay: Duration, cap: Duration, random: &mut Random) -> Duration {
        match self {
            Self::None | Self::Decorrelated | Self::Smooth => delay,
            Self::Full => random.within(Duration::ZERO, delay),
            Self::Equal => random.within(delay / 2, delay),
            Self::Proportional(share) => {
                // Long delays are rounded on their way through a floating-point number, perhaps up.
                let less = share_of(delay, 1.0 - share).min(delay);
                let more = share_of(delay, 1.0 + share).min(cap.max(delay));
                random.within(less, more)
            }
        }
    }
}

/// The delay before retry `k` by the smooth schedule, and what the next one needs to know.
pub(super) fn smooth(k: u32, base: Duration, before: f64, random: &mut Random) -> (Duration, f64) {
    let t = f64::from(k.max(1) - 1) + random.unit();
    let s = t.exp2() * (4.0 * t).sqrt().tanh();
    let secs = base.as_secs_f64() * (s - before) / 1.4;
    if base.is_zero() {
        (Duration::ZERO, s)
    } else if secs.is_finite() {
        (from_secs(secs), s)
    } else {
        (Duration::MAX, s)
    }
}

fn share_of(delay: Duration, share: f64) -> Duration {
    if delay.is_zero() {
        return delay;
    }
    from_secs(delay.as_secs_f64() * share)
}

/// Random numbers: this thread's, or seeded ones that repeat.
#[derive(Debug, Clone)]
pub(super) struct Random(Option<fastrand::Rng>);

impl Random {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self(seed.map(fastrand::Rng::with_seed))
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        match &mut self.0 {
            Some(seeded) => seeded.f64(),
            None => fastrand::f64(),
        }
    }

    /// Uniform between the two, both included, whichever is the longer.
    pub(super) fn within(&mut self, a: Duration, b: Duration) -> Duration {
        let (low, high) = (a.min(b), a.max(b));
        let width = high.saturating_sub(low);
        match u64::try_from(width.as_nanos()) {
            Ok(0) => low,
            Ok(nanos) => {
                let more = match &mut self.0 {
                    Some(seeded) => seeded.u64(0..=nanos),
                    None => fastrand::u64(0..=nanos),
                };
                low.saturating_add(Duration::from_nanos(more))
            }
            // Beyond 584 years a nanosecond is no loss.
            Err(_) => low
                .saturating_add(from_secs(width.as_secs_f64() * self.unit()))
                .min(high),
        }
    }
}
