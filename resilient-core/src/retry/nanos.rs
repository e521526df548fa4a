//! Arithmetic on durations, in nanoseconds: rounded to the nearest, saturating, and never in a panic.

use std::time::Duration;

const PER_SEC: u64 = 1_000_000_000;

/// All of the duration, where it is shorter than 584 years.
#[inline]
pub(super) fn of(duration: Duration) -> Option<u64> {
    duration
        .as_secs()
        .checked_mul(PER_SEC)?
        .checked_add(u64::from(duration.subsec_nanos()))
}

/// `duration · by`: nothing for what is negative or no number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a floating-point number cuts off, saturates, and makes 0 of what is none"
)]
pub(super) fn scaled(duration: Duration, by: f64) -> Duration {
    let nanos = match of(duration) {
        Some(nanos) => nanos as f64,
        None => duration.as_nanos() as f64,
    };
    let product = nanos * by + 0.5;
    if product < u64::MAX as f64 {
        Duration::from_nanos(product as u64)
    } else {
        whole(product as u128)
    }
}

/// `duration · by`.
pub(super) fn times(duration: Duration, by: u64) -> Duration {
    whole(duration.as_nanos().saturating_mul(u128::from(by)))
}

/// A number of nanoseconds.
fn whole(nanos: u128) -> Duration {
    let rest = (nanos % 1_000_000_000) as u32;
    match u64::try_from(nanos / 1_000_000_000) {
        Ok(secs) => Duration::new(secs, rest),
        Err(_) => Duration::MAX,
    }
}
