//! Durations as text: `"250ms"`, `"1m 30s"`, `"1.5s"`.

use std::fmt::Write;
use std::time::Duration;

use crate::TextError;
use crate::share::is_decimal;

/// Units from large to small: the symbol, the other names, and the length in nanoseconds.
///
/// There are no months and years: their length varies, and `M` is too similar to `m`.
const UNITS: [(&str, &str, u128); 8] = [
    ("w", "wk wks week weeks", 604_800_000_000_000),
    ("d", "day days", 86_400_000_000_000),
    ("h", "hr hrs hour hours", 3_600_000_000_000),
    ("m", "min mins minute minutes", 60_000_000_000),
    ("s", "sec secs second seconds", 1_000_000_000),
    ("ms", "msec msecs milli millis millisecond milliseconds", 1_000_000),
    // Unicode has two signs for micro.
    ("us", "\u{b5}s \u{3bc}s usec usecs micro micros microsecond microseconds", 1_000),
    ("ns", "nsec nsecs nano nanos nanosecond nanoseconds", 1),
];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Reads a duration from text: one or more decimal numbers, each with its unit.
///
/// The units are `w`, `d`, `h`, `m`, `s`, `ms`, `us` (`µs`) and `ns`, or their English names. Units
/// go from large to small, and no unit repeats. Spaces are optional. The result is exact: text that
/// means more than [`Duration::MAX`] or a fraction of a nanosecond is refused.
///
/// # Errors
///
/// Returns a [`TextError`] if the text is not a duration. The error shows correct text.
///
/// ```
/// use resilient_settings::parse_duration;
/// use std::time::Duration;
///
/// assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
/// assert_eq!(parse_duration("1m 30s"), Ok(Duration::from_secs(90)));
/// assert_eq!(parse_duration("1.5 hours"), Ok(Duration::from_secs(5_400)));
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, TextError> {
    read(text).map_err(|message| TextError::new(text, message))
}

fn read(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty duration: write a number and a unit, as in \"100ms\"".to_owned());
    }
    if rest.starts_with('-') {
        return Err(format!(
            "a duration cannot be negative: {text:?} is; write it as in \"100ms\""
        ));
    }
    // Each part is a number and the index of its unit.
    let mut parts: Vec<(&str, usize)> = Vec::new();
    while !rest.is_empty() {
        let (number, behind) = split(rest, |c| !c.is_ascii_digit() && c != '.');
        let (unit, behind) =
            split(behind.trim_start(), |c| c.is_ascii_digit() || c == '.' || c.is_whitespace());
        if number.is_empty() {
            return Err(format!(
                "`{unit}` in the duration {text:?} follows no number: write it as in \"100ms\""
            ));
        }
        if !is_decimal(number) {
            return Err(format!(
                "`{number}` in the duration {text:?} is no number: write it as in \"1.5s\""
            ));
        }
        parts.push((number, find_unit(text, number, unit)?));
        rest = behind.trim_start();
    }
    check_order(text, &parts)?;
    total(text, &parts)
}

fn split(text: &str, ends: impl FnMut(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn find_unit(text: &str, number: &str, unit: &str) -> Result<usize, String> {
    if unit.is_empty() {
        let example =
            if number == "0" { "0s".to_owned() } else { format!("{number}ms\" or \"{number}s") };
        let subject =
            if number == text { format!("{text:?}") } else { format!("`{number}` in {text:?}") };
        return Err(format!(
            "a duration needs a unit, and {subject} has none: write \"{example}\""
        ));
    }
    if let Some(at) = unit_named(unit) {
        return Ok(at);
    }
    let example = match unit_named(&unit.to_lowercase()) {
        Some(meant) => format!("did you mean \"{number}{}\"?", UNITS[meant].0),
        None => "as in \"100ms\"".to_owned(),
    };
    let known: Vec<String> = UNITS.iter().map(|unit| format!("`{}`", unit.0)).collect();
    let known = known.join(", ");
    Err(format!("unknown unit `{unit}` in the duration {text:?}: one of {known}; {example}"))
}

fn unit_named(name: &str) -> Option<usize> {
    UNITS
        .iter()
        .position(|(symbol, names, _)| *symbol == name || names.split(' ').any(|it| it == name))
}

fn check_order(text: &str, parts: &[(&str, usize)]) -> Result<(), String> {
    for (at, &(_, unit)) in parts.iter().enumerate().skip(1) {
        if parts[..at].iter().any(|part| part.1 == unit) {
            let unit = UNITS[unit].0;
            return Err(format!(
                "the unit `{unit}` stands twice in {text:?}: each once, as in \"1m30s\""
            ));
        }
        if parts[at - 1].1 > unit {
            let mut sorted = parts.to_vec();
            sorted.sort_by_key(|part| part.1);
            let right = sorted.iter().map(|part| [part.0, UNITS[part.1].0].concat());
            let right: String = right.collect();
            return Err(format!("the units in {text:?} go from large to small: write \"{right}\""));
        }
    }
    Ok(())
}

fn total(text: &str, parts: &[(&str, usize)]) -> Result<Duration, String> {
    let too_long = || {
        let most = u64::MAX;
        format!("the duration {text:?} is longer than a `Duration` can be: at most \"{most}s\"")
    };
    let too_fine = || {
        format!("the duration {text:?} is finer than a nanosecond: the smallest step is \"1ns\"")
    };
    let mut nanos = 0_u128;
    for &(number, unit) in parts {
        let scale = UNITS[unit].2;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction = fraction_of(scale, fraction).ok_or_else(too_fine)?;
        let whole = whole.parse::<u128>().ok();
        let sum =
            whole.and_then(|it| it.checked_mul(scale)?.checked_add(nanos)?.checked_add(fraction));
        nanos = sum.ok_or_else(too_long)?;
    }
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| too_long())?;
    let rest = u32::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0);
    Ok(Duration::new(seconds, rest))
}

/// Returns `scale * 0.digits` if the product is a whole number.
fn fraction_of(scale: u128, digits: &str) -> Option<u128> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let divisor = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let product = digits.parse::<u128>().ok()?.checked_mul(scale)?;
    (product % divisor == 0).then_some(product / divisor)
}

/// Returns the text of a duration, such as `1m30s`. [`parse_duration`] reads it back exactly.
#[must_use]
pub fn duration_text(time: Duration) -> String {
    let mut rest = time.as_nanos();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Skip weeks: they can be read, but days are clearer.
    for (symbol, _, scale) in &UNITS[1..] {
        if rest >= *scale {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}{symbol}", rest / scale);
            rest %= scale;
        }
    }
    text
}
