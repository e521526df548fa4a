//! Reads the wait that a server asks for.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// Returns the wait that the server asks for in `retry-after-ms`. Without that header, it is read
/// from `retry-after`, in seconds or as a date in any of HTTP's three forms.
///
/// A fraction is rounded up, so the wait is never shorter than the server asks for: `1.5` means two
/// seconds. A date is compared with the server's own clock in the header `date`, so a server whose
/// clock is wrong gets the wait that it means. Without a valid `date`, it is compared with `now`,
/// the time of the local clock. A date in the past means zero.
///
/// Signs, exponents and comma-separated values are invalid and ignored. A number that is too large
/// means [`Duration::MAX`]. If there are several headers, the largest valid value is used.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use std::time::{Duration, SystemTime};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("retry-after", HeaderValue::from_static("120"));
/// let wait = resilient_classify::retry_after(&headers, SystemTime::now());
/// assert_eq!(wait, Some(Duration::from_secs(120)));
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let millis = |text: &str| rounded_up(text).map(Duration::from_millis);
    largest(headers, "retry-after-ms", millis).or_else(|| {
        largest(headers, "retry-after", |text| {
            seconds(text).or_else(|| date(text, server_time(headers, now)))
        })
    })
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
    // `rounded_up` saturates at `u64::MAX`, which stands for the longest possible wait.
    Some(match rounded_up(text)? {
        u64::MAX => Duration::MAX,
        seconds => Duration::from_secs(seconds),
    })
}

/// Reads a number of decimal digits, and rounds a fraction up. Returns `None` for any other text,
/// such as a sign, an exponent or digits of another script.
fn rounded_up(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let is_above = fraction.bytes().any(|digit| digit != b'0');
    Some(whole.parse().unwrap_or(u64::MAX).saturating_add(u64::from(is_above)))
}

/// Returns the time by the server's clock, or `now` if the header `date` cannot be read.
fn server_time(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    let date = headers.get(header::DATE).and_then(|value| value.to_str().ok());
    date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now)
}

fn date(text: &str, now: SystemTime) -> Option<Duration> {
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Sunday, 6 November 1994, 08:49:37, the date in the examples of the RFC.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn read(values: &[&str]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("retry-after", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        retry_after(&headers, now())
    }

    fn read_with_date(wait: &'static str, date: &'static str) -> Option<Duration> {
        let headers = [("retry-after", wait), ("date", date)];
        let headers = headers.map(|(name, value)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        retry_after(&HeaderMap::from_iter(headers), now())
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!(read(&["0"]), Some(Duration::ZERO));
        assert_eq!(read(&[" 7 "]), Some(Duration::from_secs(7)));
    }

    #[test]
    fn fm_f11_what_is_no_number_and_no_date_is_no_hint() {
        for garbage in ["-1", "soon", "", "5, 10", "+5", "٣", "1e3", "0x10", "1.", ".5"] {
            assert_eq!(read(&[garbage]), None, "{garbage:?}");
        }
    }

    #[test]
    fn fm_f11_a_fraction_is_rounded_up() {
        for (text, seconds) in [("1.5", 2), ("1.0", 1), ("0.001", 1), ("29.9999", 30)] {
            assert_eq!(read(&[text]), Some(Duration::from_secs(seconds)), "{text}");
        }
        let millis = HeaderMap::from_iter([(
            http::HeaderName::from_static("retry-after-ms"),
            HeaderValue::from_static("1200.5"),
        )]);
        assert_eq!(retry_after(&millis, now()), Some(Duration::from_millis(1201)));
    }

    #[test]
    fn fm_f12_a_number_beyond_counting_is_the_longest_time() {
        assert_eq!(read(&["99999999999999999999"]), Some(Duration::MAX));
        assert_eq!(read(&["99999999999999999999.5"]), Some(Duration::MAX));
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
    fn fm_f13_a_date_is_compared_with_the_clock_of_the_server() {
        // The server's clock is 30 s behind, an hour ahead, and years behind. It asks for 10 s.
        for (wait, date) in [
            ("Sun, 06 Nov 1994 08:49:17 GMT", "Sun, 06 Nov 1994 08:49:07 GMT"),
            ("Sun, 06 Nov 1994 09:49:47 GMT", "Sun, 06 Nov 1994 09:49:37 GMT"),
            ("Thu, 01 Jan 1970 00:00:10 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] {
            assert_eq!(read_with_date(wait, date), Some(Duration::from_secs(10)), "{date}");
        }
        // A `date` that cannot be read is no clock, and a number needs no clock.
        let wait = read_with_date("Sun, 06 Nov 1994 08:49:47 GMT", "today");
        assert_eq!(wait, Some(Duration::from_secs(10)));
        let wait = read_with_date("7", "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(wait, Some(Duration::from_secs(7)));
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
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_millis(1500)));
        headers.insert("retry-after-ms", HeaderValue::from_static("soon"));
        assert_eq!(retry_after(&headers, now()), Some(Duration::from_secs(2)));
    }
}
