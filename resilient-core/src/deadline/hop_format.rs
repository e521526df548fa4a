//! How a request says to another process how long its caller waits, and which attempt it is.

use std::time::Duration;

/// The most digits of a number of milliseconds, which is about 31 years.
const MOST_DIGITS: usize = 12;
/// The most digits of `grpc-timeout`, by the protocol of gRPC.
const MOST_GRPC_DIGITS: usize = 8;
/// The most digits of an attempt number.
const MOST_ATTEMPT_DIGITS: usize = 9;
/// The units of `grpc-timeout` in nanoseconds, smallest first.
const GRPC_UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

// D7
/// How a request says to another process how long its caller waits, and which attempt it is.
///
/// | format | time left | attempt |
/// |---|---|---|
/// | `Http` | `x-envoy-expected-rq-timeout-ms`: 1 to 12 digits, milliseconds | `x-envoy-attempt-count`: 1 for the first attempt |
/// | `Grpc` | `grpc-timeout`: 1 to 8 digits and a unit, `H`, `M`, `S`, `m`, `u` or `n` | `grpc-previous-rpc-attempts`: 0 for the first attempt |
///
/// The headers of `Http` are those of the proxy Envoy, so services behind it understand each other
/// without settings.
///
/// ```
/// use resilient_core::deadline::HopFormat;
/// use std::time::Duration;
///
/// let time = Duration::from_millis(1_500);
/// assert_eq!(HopFormat::Http.write_time(time), "1500");
/// assert_eq!(HopFormat::Grpc.write_time(time), "1500000u");
/// assert_eq!(HopFormat::Grpc.read_time(b"2S"), Some(Duration::from_secs(2)));
/// assert_eq!(HopFormat::Http.read_time(b"-5"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopFormat {
    /// Headers of HTTP, as Envoy writes them.
    Http,
    /// Metadata of gRPC.
    Grpc,
}

impl HopFormat {
    /// Returns the usual name of the header with the time left.
    #[must_use]
    pub const fn time_header(self) -> &'static str {
        match self {
            Self::Http => "x-envoy-expected-rq-timeout-ms",
            Self::Grpc => "grpc-timeout",
        }
    }

    /// Returns the usual name of the header with the attempt.
    #[must_use]
    pub const fn attempt_header(self) -> &'static str {
        match self {
            Self::Http => "x-envoy-attempt-count",
            Self::Grpc => "grpc-previous-rpc-attempts",
        }
    }

    /// Writes a time. It is rounded down, so no hop makes a deadline later. A time that is too long
    /// for the format becomes the longest one.
    #[must_use]
    pub fn write_time(self, time: Duration) -> String {
        match self {
            Self::Http => time.as_millis().min(10_u128.pow(12) - 1).to_string(),
            Self::Grpc => {
                let most = 10_u128.pow(8) - 1;
                let (mut value, mut unit) = (most, b'H');
                for (letter, nanos) in GRPC_UNITS {
                    let count = time.as_nanos() / u128::from(nanos);
                    if count <= most {
                        (value, unit) = (count, letter);
                        break;
                    }
                }
                format!("{value}{}", char::from(unit))
            }
        }
    }

    /// Reads a time, or returns `None` if the value is not of this format: without digits, too
    /// long, with a sign, a space or an unknown unit.
    #[must_use]
    pub fn read_time(self, value: &[u8]) -> Option<Duration> {
        match self {
            Self::Http => digits(value, MOST_DIGITS).map(Duration::from_millis),
            Self::Grpc => {
                let (unit, count) = value.split_last()?;
                let (_, nanos) = GRPC_UNITS.into_iter().find(|(letter, _)| letter == unit)?;
                let count = u128::from(digits(count, MOST_GRPC_DIGITS)?);
                Some(from_nanos(count * u128::from(nanos)))
            }
        }
    }

    /// Writes an attempt number, where 1 is the first attempt.
    #[must_use]
    pub fn write_attempt(self, number: u32) -> String {
        match self {
            Self::Http => number.max(1).to_string(),
            Self::Grpc => number.saturating_sub(1).to_string(),
        }
    }

    /// Reads an attempt number, where 1 is the first attempt. Returns `None` if the value is not a
    /// number of 1 to 9 digits, or if it is 0 attempts.
    #[must_use]
    pub fn read_attempt(self, value: &[u8]) -> Option<u32> {
        let number = u32::try_from(digits(value, MOST_ATTEMPT_DIGITS)?).ok()?;
        match self {
            Self::Http => (number > 0).then_some(number),
            Self::Grpc => Some(number + 1),
        }
    }
}

/// Reads 1 to `most` ASCII digits.
fn digits(value: &[u8], most: usize) -> Option<u64> {
    if value.is_empty() || value.len() > most || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// `Duration::from_nanos` takes too few nanoseconds for the longest time of gRPC.
fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).unwrap_or(u64::MAX);
    let rest = u32::try_from(nanos % SECOND).unwrap_or(0);
    Duration::new(seconds, rest)
}
