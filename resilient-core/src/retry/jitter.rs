//! The randomness in delays. It keeps clients that failed together from returning together.

use std::str::FromStr;
use std::time::Duration;

use resilient_settings::retry::{TABLE, key};
use resilient_settings::{TextError, Value};

use super::nanos;
use super::random::Random;

/// How a delay is spread at random. Jitter is applied after the cap `max_delay`, and no jittered
/// delay exceeds the cap.
///
/// In the table, d is the capped nominal delay before retry k, counted from 1, and U is uniform:
///
/// | jitter | delay | source |
/// |---|---|---|
/// | `Full` | U(0, d) | [AWS Architecture Blog] |
/// | `Equal` | U(d/2, d) | [AWS Architecture Blog] |
/// | `Proportional(f)` | U(d(1−f), min(d(1+f), `max_delay`)) | gRPC's [A6] has f = 0.2, Polly 0.25, resilience4j 0.5 |
/// | `None` | d | |
/// | `Decorrelated` | first the base, then U(base, min(3 · the delay before, `max_delay`)) | [AWS Architecture Blog] |
/// | `Smooth` | min(base · (S(tₖ) − S(tₖ₋₁)) / 1.4, `max_delay`) with S(t) = 2ᵗ · tanh √(4t), tₖ = k − 1 + U(0, 1), S(t₀) = 0 | [Polly], [`DecorrelatedJitterBackoffV2`] |
///
/// [AWS Architecture Blog]: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
/// [A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
/// [Polly]: https://github.com/App-vNext/Polly
/// [`DecorrelatedJitterBackoffV2`]: https://github.com/Polly-Contrib/Polly.Contrib.WaitAndRetry
///
/// # Which one
///
/// | jitter | choose it where | mean delay | what it costs |
/// |---|---|---|---|
/// | `Full` | many clients contend for one dependency: `Full` causes the least work, and the calls end nearly as early as possible | d/2 | some retries come at once |
/// | `Equal` | a retry that comes at once would be in vain, as after "try again later" | ¾ d | clients come back within half the time, so twice as many come at a time |
/// | `Proportional(f)` | the delay itself means something, and few clients need little spreading | d, less at the cap | the smaller f, the denser the clients |
/// | `Decorrelated` | few clients contend, and they should be done soon | grows by 3/2 each time | with many clients, a quarter to a third more calls than `Full`; the delays vary widely, so keep `max_delay` low |
/// | `Smooth` | peaks of load are the danger: the density of the delays has no steps, and the ranges of two retries have no common edge | ≈ d/2 | a few floating-point functions for each delay; with many clients, as slow as `Full` |
/// | `None` | tests, and a single client | d | clients that failed together come back together |
///
/// The cap is applied before the jitter, so that capped delays are spread too and do not all equal
/// `max_delay`. Delays are whole nanoseconds. The example `schedule` in the repository draws them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Jitter {
    /// Any time from zero to the delay.
    #[default]
    Full,
    /// The upper half of the delay.
    Equal,
    /// The delay, plus or minus at most this share of the delay: 0 to 1.
    Proportional(f64),
    /// No randomness.
    None,
    /// A schedule without backoff: each delay is drawn from a range that grows with the previous
    /// delay.
    Decorrelated,
    /// A schedule without backoff: its delays are spread smoothly.
    Smooth,
}

impl Jitter {
    pub(crate) const fn value(self) -> Value {
        Value::Word(match self {
            Self::Full => "full",
            Self::Equal => "equal",
            Self::Proportional(share) => return Value::Number(share),
            Self::None => "none",
            Self::Decorrelated => "decorrelated",
            Self::Smooth => "smooth",
        })
    }

    /// Returns the shortest and the longest jittered delay for `delay`, which `cap` already limits.
    #[inline]
    pub(super) fn range(self, delay: Duration, cap: Duration) -> (Duration, Duration) {
        match self {
            Self::None | Self::Decorrelated | Self::Smooth => (delay, delay),
            Self::Full => (Duration::ZERO, delay),
            Self::Equal => (delay / 2, delay),
            Self::Proportional(share) => proportion(share, delay, cap),
        }
    }

    /// Draws the jittered delay for `delay`, which `cap` already limits.
    #[inline]
    pub(super) fn spread(self, delay: Duration, cap: Duration, random: &mut Random) -> Duration {
        let (least, most) = self.range(delay, cap);
        random.within(least, most)
    }
}

/// Parses a word of the setting `jitter`, such as `"equal"`. A share such as `"20%"` becomes
/// `Jitter::Proportional`.
impl FromStr for Jitter {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match TABLE.settings[key::jitter].read_word(text)? {
            Value::Number(share) => Ok(Self::Proportional(share)),
            value => {
                let named = [Self::Equal, Self::None, Self::Decorrelated, Self::Smooth];
                let named = named.into_iter().find(|jitter| jitter.value() == value);
                Ok(named.unwrap_or_default())
            }
        }
    }
}

#[inline(never)]
fn proportion(share: f64, delay: Duration, cap: Duration) -> (Duration, Duration) {
    // `min` is needed because floating point may round a long delay up.
    let less = nanos::scaled(delay, 1.0 - share).min(delay);
    let more = nanos::scaled(delay, 1.0 + share).max(delay);
    (less, more.min(cap.max(delay)))
}

/// Returns the shortest and the longest decorrelated delay before retry `k`.
pub(super) fn decorrelated_range(k: u32, base: Duration, cap: Duration) -> (Duration, Duration) {
    let base = base.min(cap);
    // Even one nanosecond exceeds the longest duration after 63 triplings.
    let grown = (1..k.min(64)).fold(base, |delay, _| delay.saturating_mul(3));
    (base, grown.min(cap))
}

/// Returns the value of the smooth curve at `t`. A delay of the smooth schedule is proportional to
/// the difference between two values of the curve.
fn curve(t: f64) -> f64 {
    t.exp2() * (4.0 * t).sqrt().tanh()
}

fn rise(base: Duration, before: f64, now: f64) -> Duration {
    let by = (now - before) / 1.4;
    if base.is_zero() {
        Duration::ZERO
    } else if by.is_finite() {
        nanos::scaled(base, by)
    } else {
        Duration::MAX
    }
}

/// Returns the smooth delay before retry `k`, and the value of the curve, which is `before` in the
/// next call.
pub(super) fn smooth(k: u32, base: Duration, before: f64, random: &mut Random) -> (Duration, f64) {
    let now = curve(f64::from(k.max(1) - 1) + random.unit());
    (rise(base, before, now), now)
}

/// Returns the shortest and the longest smooth delay before retry `k`, without the cap. The longest
/// delay is rounded up, because rounding errors differ between this function and `smooth`.
pub(super) fn smooth_range(k: u32, base: Duration) -> (Duration, Duration) {
    if base.is_zero() {
        return (base, base);
    }
    let number = f64::from(k.max(1));
    let start = curve(number - 1.0);
    let before = if k <= 1 { 0.0 } else { curve(number - 2.0) };
    // The rise is shortest if the previous retry draws the largest number and this retry the
    // smallest: both then draw the same point `start` of the curve. This rise is zero, unless the
    // curve exceeds the range of `f64`.
    let least = rise(base, start, start);
    let most = nanos::scaled(rise(base, before, curve(number)), 1.0 + 1e-12);
    (least, most.saturating_add(Duration::from_nanos(1)))
}
