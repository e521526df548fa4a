//! Reads the wait that a server asks for.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// Returns the wait that the server asks for in `retry-after-ms`. Without that header, it is read
/// from `retry-after`, in seconds or as a date in any of HTTP's three forms.
///
/// A date in the past means zero. Signs, fractions and comma-separated values are invalid and
/// ignored. A number that is too large means [`Duration::MAX`]. If there are several headers, the
/// largest valid value is used.
///
/// Dates are compared with `now`. Pass the time of the local clock, because the client measures the
/// wait with that clock.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use std::time::{Duration, SystemTime};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("120"));
/// let wait = resilient_http::retry_after(&headers, SystemTime::now());
/// assert_eq!(wait, Some(Duration::from_secs(120)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    largest(headers, "retry-after-ms", |text| digits(text).map(Duration::from_millis)).or_else(
        || largest(headers, "retry-after", |text| seconds(text).or_else(|| date(text, now))),
    )
}

fn largest(
    headers: &HeaderMap,
    name: &str,
    read: impl Fn(&str) -> Option<Duration>,
) -> Option<Duration> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| read(value.to_str().ok()?.trim())).max()
}

fn seconds(text: &str) -> Option<Duration> {
    // `digits` saturates at `u64::MAX`, which stands for the longest possible wait.
    Some(match digits(text)? {
        u64::MAX => Duration::MAX,
        seconds => Duration::from_secs(seconds),
    })
}

/// Reads a number that consists of decimal digits only. A number that is too large saturates.
/// Returns `None` for any other text.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn date(text: &str, now: SystemTime) -> Option<Duration> {
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("retry-after", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        // This is Sunday, 6 November 1994, 08:49:37, the date in the examples of the RFC.
        retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!(read(&["0"]), Some(Duration::ZERO));
        assert_eq!(read(&[" 7 "]), Some(Duration::from_secs(7)));
    }

    #[test]
    fn fm_f11_what_is_no_number_and_no_date_is_no_hint() {
        for garbage in ["-1", "1.5", "soon", "", "5, 10", "+5", "٣", "1e3", "0x10"] {
            assert_eq!(read(&[garbage]), None, "{garbage:?}");
        }
    }

    #[test]
    fn fm_f12_a_number_beyond_counting_is_the_longest_time() {
        assert_eq!(read(&["99999999999999999999"]), Some(Duration::MAX));
    }

    #[test]
    fn fm_f13_three_forms_of_a_date_are_read_and_the_past_is_no_wait() {
        for date in [
            "Sun, 06 Nov 1994 08:50:37 GMT",
            "Sunday, 06-Nov-94 08:50:37 GMT",
            "Sun Nov  6 08:50:37 1994",
        ] {
            assert_eq!(read(&[date]), Some(Duration::from_secs(60)), "{date}");
        }
        assert_eq!(read(&["Sun, 06 Nov 1994 08:00:00 GMT"]), Some(Duration::ZERO));
        assert_eq!(read(&["Sun, 99 Nov 1994 08:00:00 GMT"]), None);
    }

    #[test]
    fn fm_f14_the_largest_valid_of_several_holds() {
        assert_eq!(read(&["3", "soon", "9", "5"]), Some(Duration::from_secs(9)));
    }

    #[test]
    fn retry_after_ms_has_precedence() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("2"));
        headers.insert("retry-after-ms", HeaderValue::from_static("1500"));
        let now = SystemTime::now();
        assert_eq!(retry_after(&headers, now), Some(Duration::from_millis(1500)));
        headers.insert("retry-after-ms", HeaderValue::from_static("soon"));
        assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(2)));
    }
}
