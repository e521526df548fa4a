//! A measured time as people read it.

use std::fmt;
use std::time::Duration;

/// Writes a time rounded to milliseconds: `1.999s` instead of `1.999213456s`, `0ms` instead of
/// `210.262µs`. Nobody who reads a snapshot or an error needs more digits of a measurement.
pub(crate) struct RoundedTime(pub(crate) Duration);

impl fmt::Display for RoundedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.0.subsec_nanos() % 1_000_000;
        let floor = self.0.saturating_sub(Duration::from_nanos(part.into()));
        let up = Duration::from_millis(u64::from(part >= 500_000));
        match floor.saturating_add(up) {
            // `Debug` would write `0ns`.
            Duration::ZERO => f.write_str("0ms"),
            rounded => write!(f, "{rounded:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_to_the_nearest_millisecond() {
        for (nanos, text) in [
            (0, "0ms"),
            (499_999, "0ms"),
            (500_000, "1ms"),
            (1_499_999, "1ms"),
            (250_000_000, "250ms"),
            (999_500_000, "1s"),
            (1_999_213_456, "1.999s"),
            (1_999_789_738, "2s"),
            (3_600_000_000_000, "3600s"),
        ] {
            assert_eq!(RoundedTime(Duration::from_nanos(nanos)).to_string(), text, "{nanos}");
        }
    }

    #[test]
    fn the_longest_time_does_not_overflow() {
        let most = format!("{}", RoundedTime(Duration::MAX));
        assert!(most.starts_with(&u64::MAX.to_string()), "{most}");
    }
}
