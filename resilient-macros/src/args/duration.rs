//! Durations as text: `"250ms"`, `"1m30s"`, `"1.5s"`.

use std::time::Duration;

use proc_macro2::TokenStream;

use crate::literal::{Content, constant};

/// Units from large to small, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The duration that a literal means; `None` if `value` is no literal.
pub(super) fn literal(value: &TokenStream) -> Option<Result<Duration, String>> {
    let constant = constant(value)?;
    Some(match constant.content {
        Content::Text(_) if constant.negative => {
            Err("a duration cannot be negative, and a string has no sign".to_owned())
        }
        Content::Text(text) => parse(&text),
        Content::Integer { .. } | Content::Float { .. } if constant.negative => {
            Err("a duration cannot be negative, and it needs a unit, as in \"100ms\"".to_owned())
        }
        Content::Integer { .. } | Content::Float { .. } => {
            Err("a duration needs a unit, as in \"100ms\"".to_owned())
        }
        Content::Other => Err("a duration is a string with a unit, as in \"100ms\"".to_owned()),
    })
}

/// One number with its unit, as in `1.5s`.
struct Part<'a> {
    text: &'a str,
    number: &'a str,
    /// Place in `UNITS`.
    unit: usize,
}

/// The duration that a text means.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    if text.is_empty() {
        return Err("an empty duration: write a number and a unit, as in \"100ms\"".to_owned());
    }
    if text.contains(char::is_whitespace) {
        let joined: String = text.split_whitespace().collect();
        let example = if parse(&joined).is_ok() {
            joined.as_str()
        } else {
            "1m30s"
        };
        return Err(format!(
            "a duration is written without spaces, as in \"{example}\""
        ));
    }
    if text.starts_with('-') {
        return Err(format!(
            "a duration cannot be negative: {text:?} is; write it as in \"100ms\""
        ));
    }
    let parts = split(text)?;
    check_order(text, &parts)?;
    total(text, &parts)
}

fn split(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        check_number(text, number, unit)?;
        parts.push(Part {
            text: &rest[..number_end + unit_end],
            number,
            unit: find_unit(text, number, unit)?,
        });
        rest = behind;
    }
    Ok(parts)
}

fn check_number(text: &str, number: &str, unit: &str) -> Result<(), String> {
    if number.is_empty() {
        return Err(format!(
            "`{unit}` in the duration {text:?} follows no number: write it as in \"100ms\""
        ));
    }
    match number.split_once('.') {
        None => Ok(()),
        Some((whole, fraction))
            if !whole.is_empty() && !fraction.is_empty() && !fraction.contains('.') =>
        {
            Ok(())
        }
        Some(_) => Err(format!(
            "`{number}` in the duration {text:?} is no number: write it as in \"1.5s\""
        )),
    }
}

fn find_unit(text: &str, number: &str, unit: &str) -> Result<usize, String> {
    if unit.is_empty() {
        let example = if number == "0" {
            "0s".to_owned()
        } else {
            format!("{number}ms\" or \"{number}s")
        };
        let whose = if number == text {
            format!("{text:?}")
        } else {
            format!("`{number}` in {text:?}")
        };
        return Err(format!(
            "a duration needs a unit, and {whose} has none: write \"{example}\""
        ));
    }
    // Both of Unicode's signs for micro.
    let ascii = if matches!(unit, "\u{b5}s" | "\u{3bc}s") {
        "us"
    } else {
        unit
    };
    if let Some(at) = UNITS.iter().position(|(name, _)| *name == ascii) {
        return Ok(at);
    }
    let meant = meant(unit);
    let example = meant.map_or_else(
        || "as in \"100ms\"".to_owned(),
        |meant| format!("did you mean \"{number}{meant}\"?"),
    );
    Err(format!(
        "unknown unit `{unit}` in the duration {text:?}: one of `d`, `h`, `m`, `s`, `ms`, `us`, `ns`; {example}"
    ))
}

/// The unit that a longer name or another spelling stands for.
fn meant(unit: &str) -> Option<&'static str> {
    match unit.to_lowercase().as_str() {
        "d" | "day" | "days" => Some("d"),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "m" | "min" | "mins" | "minute" | "minutes" => Some("m"),
        "s" | "sec" | "secs" | "second" | "seconds" => Some("s"),
        "ms" | "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" => Some("ms"),
        "us" | "µs" | "usec" | "usecs" | "micro" | "micros" | "microsecond" | "microseconds" => {
            Some("us")
        }
        "ns" | "nsec" | "nsecs" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => Some("ns"),
        _ => None,
    }
}

fn check_order(text: &str, parts: &[Part<'_>]) -> Result<(), String> {
    for (at, pair) in parts.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        if parts[..=at].iter().any(|part| part.unit == second.unit) {
            let unit = UNITS[second.unit].0;
            return Err(format!(
                "the unit `{unit}` stands twice in {text:?}: each once, as in \"1m30s\""
            ));
        }
        if first.unit > second.unit {
            let mut sorted: Vec<&Part<'_>> = parts.iter().collect();
            sorted.sort_by_key(|part| part.unit);
            let right: String = sorted.iter().map(|part| part.text).collect();
            return Err(format!(
                "the units in {text:?} go from large to small: write \"{right}\""
            ));
        }
    }
    Ok(())
}

fn total(text: &str, parts: &[Part<'_>]) -> Result<Duration, String> {
    let too_long = || {
        format!(
            "the duration {text:?} is longer than a `Duration` can be: at most \"{}s\"",
            u64::MAX
        )
    };
    let mut nanos = 0_u128;
    for part in parts {
        let scale = UNITS[part.unit].1;
        let (whole, fraction) = part.number.split_once('.').unwrap_or((part.number, ""));
        let whole = whole
            .parse::<u128>()
            .ok()
            .and_then(|whole| whole.checked_mul(scale))
            .ok_or_else(too_long)?;
        let fraction = fraction_of(scale, fraction).ok_or_else(|| {
            format!(
                "the duration {text:?} is finer than a nanosecond: the smallest step is \"1ns\""
            )
        })?;
        nanos = nanos
            .checked_add(whole)
            .and_then(|sum| sum.checked_add(fraction))
            .ok_or_else(too_long)?;
    }
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| too_long())?;
    let rest = u32::try_from(nanos % NANOS_PER_SECOND).unwrap_or(0);
    Ok(Duration::new(seconds, rest))
}

/// `scale * 0.digits`, if that is a whole number.
fn fraction_of(scale: u128, digits: &str) -> Option<u128> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let divisor = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let product = digits.parse::<u128>().ok()?.checked_mul(scale)?;
    (product % divisor == 0).then_some(product / divisor)
}

#[cfg(test)]
#[path = "duration_tests.rs"]
mod tests;
