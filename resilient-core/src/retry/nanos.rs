//! Arithmetic on durations in nanoseconds. It rounds to the nearest nanosecond, saturates and never
//! panics.

use std::time::Duration;

const PER_SEC: u64 = 1_000_000_000;

/// Returns `duration · by`, or zero if `by` is negative or not a number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from floating point rounds to zero, saturates, and turns NaN into 0"
)]
pub(super) fn scaled(duration: Duration, by: f64) -> Duration {
    // The nanoseconds nearly always fit into a `u64`, which converts much faster than a `u128`.
    let (secs, rest) = (duration.as_secs(), u64::from(duration.subsec_nanos()));
    let nanos = secs.checked_mul(PER_SEC).and_then(|nanos| nanos.checked_add(rest));
    let nanos = nanos.map_or_else(|| duration.as_nanos() as f64, |nanos| nanos as f64);
    let product = nanos * by + 0.5;
    if product < u64::MAX as f64 {
        Duration::from_nanos(product as u64)
    } else {
        whole(product as u128)
    }
}

/// Returns `duration · by`.
pub(super) fn times(duration: Duration, by: u128) -> Duration {
    whole(duration.as_nanos().saturating_mul(by))
}

/// Makes a duration from nanoseconds.
fn whole(nanos: u128) -> Duration {
    let rest = (nanos % 1_000_000_000) as u32;
    match u64::try_from(nanos / 1_000_000_000) {
        Ok(secs) => Duration::new(secs, rest),
        Err(_) => Duration::MAX,
    }
}
