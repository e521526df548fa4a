//! Times in header values: the server's clock, and the forms in which servers write when a rate
//! limit resets.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::header_number::billionths;

/// The longest reset in seconds, which is 366 days. A larger number is a timestamp.
const LONGEST_RESET: u128 = 366 * 24 * 60 * 60;
/// Timestamps from this number on are in milliseconds. As seconds, it is the year 5138.
const FIRST_MILLIS: u128 = 100_000_000_000;
const BILLION: u128 = 1_000_000_000;

/// Returns the time by the server's clock, from the header `date`. If the header is missing or
/// cannot be read, returns the time `now` of the local clock.
pub(super) fn server_time(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    let date = headers.get(header::DATE).and_then(|value| value.to_str().ok());
    date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now)
}

/// Reads the time until a reset: seconds, a timestamp in seconds or milliseconds since 1970, a
/// duration such as `6m0s`, or a date of RFC 3339 or of HTTP. A time in the past means zero.
pub(super) fn time_until(text: &str, server_time: SystemTime) -> Option<Duration> {
    if let Some(number) = billionths(text) {
        let seconds = number / BILLION;
        if seconds <= LONGEST_RESET {
            return Some(nanos(number));
        }
        let since_1970 = if seconds < FIRST_MILLIS { number } else { number / 1000 };
        return until(SystemTime::UNIX_EPOCH.checked_add(nanos(since_1970))?, server_time);
    }
    unit_duration(text)
        .or_else(|| until(rfc3339(text)?, server_time))
        .or_else(|| until(httpdate::parse_http_date(text).ok()?, server_time))
}

#[allow(clippy::unnecessary_wraps, reason = "the callers are chains of options")]
fn until(then: SystemTime, server_time: SystemTime) -> Option<Duration> {
    Some(then.duration_since(server_time).unwrap_or_default())
}

fn nanos(nanos: u128) -> Duration {
    let seconds = u64::try_from(nanos / BILLION).unwrap_or(u64::MAX);
    // The remainder is below one billion.
    Duration::new(seconds, u32::try_from(nanos % BILLION).unwrap_or_default())
}

/// Reads a duration of numbers with units, such as `6m0s`, `1h2m3.5s` or `20ms`.
fn unit_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit_at);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        // How many of these units are a billion nanoseconds, as a fraction.
        let (times, parts) = match unit {
            "d" => (24 * 60 * 60, 1),
            "h" => (60 * 60, 1),
            "m" => (60, 1),
            "s" => (1, 1),
            "ms" => (1, 1_000),
            "us" => (1, 1_000_000),
            "ns" => (1, BILLION),
            _ => return None,
        };
        total = total.saturating_add(nanos((billionths(number)? * times).div_ceil(parts)));
        rest = next;
    }
    (!text.is_empty()).then_some(total)
}

/// Reads a date such as `2026-11-30T12:00:00Z`, with or without a fraction, or with an offset.
fn rfc3339(text: &str) -> Option<SystemTime> {
    let field = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_digits { digits.parse::<i64>().ok() } else { None }
    };
    let separated = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    let is_separated = separated.iter().all(|&(at, mark)| text.get(at..=at) == Some(mark));
    if !is_separated || !matches!(text.get(10..11)?, "T" | "t" | " ") {
        return None;
    }
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    // A leap second is the second before it, which is close enough for a wait.
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?.min(59));
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || hour > 23 || minute > 59 || year < 1970 {
        return None;
    }
    let rest = text.get(19..)?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let fraction = if fraction.is_empty() { 0 } else { billionths(&format!("0{fraction}"))? };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let seconds = u64::try_from(seconds - offset(zone)?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds).saturating_add(nanos(fraction)))
}

/// Reads `Z` or an offset such as `+02:00`, in seconds.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let is_number = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}

/// Counts the days of the Gregorian calendar. A day that a month lacks is a day of the next month.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March here, so that a leap day is the last day of its year.
    let year = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    let days_before = year * 365 + year / 4 - year / 100 + year / 400;
    // 1 January 1970 is day 719 468 after 1 March of the year 0.
    days_before + (153 * months + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn read(text: &str) -> Option<Duration> {
        time_until(text, now())
    }

    #[test]
    fn every_form_of_a_reset_is_read() {
        for (text, millis) in [
            ("0", 0),
            ("12", 12_000),
            ("0.5", 500),
            ("6m0s", 360_000),
            ("1s", 1_000),
            ("20ms", 20),
            ("7.66s", 7_660),
            ("1h2m3.5s", 3_723_500),
            ("1d", 86_400_000),
            ("1800000012", 12_000),
            ("1800000012.5", 12_500),
            ("1800000000250", 250),
            // 1 800 000 000 is 15 January 2027, 08:00:00.
            ("2027-01-15T08:00:01Z", 1_000),
            ("2027-01-15T08:00:01.25Z", 1_250),
            ("2027-01-15t10:00:02+02:00", 2_000),
            ("2027-01-15T06:30:03-01:30", 3_000),
            ("Fri, 15 Jan 2027 08:00:04 GMT", 4_000),
        ] {
            assert_eq!(read(text), Some(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_reset_in_the_past_is_zero_and_a_duration_is_rounded_up() {
        for past in ["1799999999", "1600000000000", "2020-02-29T23:59:60Z", "0s"] {
            assert_eq!(read(past), Some(Duration::ZERO), "{past}");
        }
        assert_eq!(read("0.5ns"), Some(Duration::from_nanos(1)));
    }

    #[test]
    fn what_is_no_time_is_no_reset() {
        for garbage in [
            "",
            "soon",
            "-1",
            "1x",
            "s",
            "5 s",
            "1.s",
            "m1",
            "2027-01-15",
            "2027-13-15T08:00:01Z",
            "2027-01-15T08:00:01",
            "2027-01-15T08:00:01+2",
            "2027-01-15T24:00:01Z",
            "é",
            "1é",
            "2027-01-1éT08:00:01Z",
            "1900-01-01T00:00:00Z",
            "+227-01-15T08:00:01Z",
        ] {
            assert_eq!(read(garbage), None, "{garbage:?}");
        }
        // A number beyond counting must not panic.
        for huge in ["99999999999999999999", "99999999999999999999d9d"] {
            let _ = read(huge);
        }
    }

    #[test]
    fn dates_agree_with_the_dates_of_http() {
        for days in (0..80_000).step_by(13) {
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + 3_599);
            let http = httpdate::HttpDate::from(then).to_string();
            let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            let month = months.find(&http[8..11]).unwrap() / 3 + 1;
            let text = format!("{}-{month:02}-{}T00:59:59Z", &http[12..16], &http[5..7]);
            assert_eq!(rfc3339(&text), Some(then), "{text}");
        }
    }
}
