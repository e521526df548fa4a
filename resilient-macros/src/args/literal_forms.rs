//! Reads literals of counts, shares, factors, durations and windows, without checking their ranges.

use std::time::Duration;

use proc_macro2::TokenStream;
use resilient_settings::{Value, parse_duration, parse_share};

use crate::literal::{LiteralContent, LiteralValue, constant};
use crate::tokens::{flatten, source};

/// Reads a whole number. Returns `None` if `value` is not a literal.
pub(super) fn count(value: &TokenStream) -> Option<Result<u32, String>> {
    let constant = constant(value)?;
    let given = source(value);
    Some(match constant.content {
        LiteralContent::Text(text) if !constant.negative && text.parse::<u32>().is_ok() => {
            Err(format!("a count is a number, not a string: write {text} without quotes"))
        }
        LiteralContent::Text(_) | LiteralContent::Other => {
            Err(format!("{given} is not a whole number: write a count, as in `3`"))
        }
        _ if constant.negative => Err(format!("is {given}: a count cannot be negative")),
        LiteralContent::Float { .. } => {
            Err(format!("is {given}: a count is a whole number, as in `3`"))
        }
        LiteralContent::Integer { suffix, .. } if !suffix.is_empty() && suffix != "u32" => {
            Err(format!("a count is a `u32`: leave away the suffix `{suffix}`"))
        }
        LiteralContent::Integer { value, .. } => value
            .and_then(|value| u32::try_from(value).ok())
            .ok_or_else(|| format!("is {given}: a count is at most {}", u32::MAX)),
    })
}

/// Reads a number, or a percentage in a string. Returns `None` if `value` is not a literal.
pub(super) fn share(value: &TokenStream, what: &str) -> Option<Result<f64, String>> {
    let constant = constant(value)?;
    Some(match &constant.content {
        LiteralContent::Text(text) if !constant.negative => {
            parse_share(text).map_err(|error| error.to_string())
        }
        // Adding `0.0` makes a negative zero positive.
        _ => plain(&constant, what, "`0.2` or \"20%\"").map(|number| number + 0.0),
    })
}

/// Reads a number. Returns `None` if `value` is not a literal.
pub(super) fn factor(value: &TokenStream) -> Option<Result<f64, String>> {
    let constant = constant(value)?;
    Some(plain(&constant, "a factor", "`2.0`"))
}

/// Reads an integer or a float. Rejects every suffix except `f64`.
fn plain(constant: &LiteralValue, what: &str, example: &str) -> Result<f64, String> {
    let (digits, suffix) = match &constant.content {
        LiteralContent::Float { digits, suffix } => (digits.clone(), suffix),
        LiteralContent::Integer { value: Some(value), suffix } => (value.to_string(), suffix),
        LiteralContent::Integer { value: None, .. } => ("inf".to_owned(), &String::new()),
        LiteralContent::Text(_) | LiteralContent::Other => {
            return Err(format!("{what} is a number, as in {example}"));
        }
    };
    if !suffix.is_empty() && suffix != "f64" {
        return Err(format!("{what} is an `f64`: leave away the suffix `{suffix}`"));
    }
    let number =
        digits.parse::<f64>().map_err(|_| format!("{what} is a number, as in {example}"))?;
    Ok(if constant.negative { -number } else { number })
}

/// Returns the error for a time or a percentage without quotes, or `None` for any other value.
pub(super) fn unquoted(value: &TokenStream) -> Option<String> {
    let text: String = flatten(value.clone()).iter().map(ToString::to_string).collect();
    let text = text.replace('_', "");
    let what = if parse_duration(&text).is_ok() {
        "a time"
    } else if text.ends_with('%') && parse_share(&text).is_ok() {
        "a percentage"
    } else {
        return None;
    };
    Some(format!("{what} stands in quotes: write {text:?}"))
}

/// Reads a duration in a string. Returns `None` if `value` is not a literal.
pub(super) fn time(value: &TokenStream) -> Option<Result<Duration, String>> {
    let constant = constant(value)?;
    let message = match constant.content {
        LiteralContent::Text(_) if constant.negative => {
            "a duration cannot be negative, and a string has no sign"
        }
        LiteralContent::Text(text) => {
            return Some(parse_duration(&text).map_err(|error| error.to_string()));
        }
        LiteralContent::Integer { .. } | LiteralContent::Float { .. } if constant.negative => {
            "a duration cannot be negative, and it needs a unit, as in \"100ms\""
        }
        LiteralContent::Integer { value: Some(number), suffix } if suffix.is_empty() => {
            return Some(parse_duration(&number.to_string()).map_err(|error| error.to_string()));
        }
        LiteralContent::Float { digits, suffix } if suffix.is_empty() => {
            return Some(parse_duration(&digits).map_err(|error| error.to_string()));
        }
        LiteralContent::Integer { .. } | LiteralContent::Float { .. } => {
            "a duration needs a unit, as in \"100ms\""
        }
        LiteralContent::Other => "a duration is a string with a unit, as in \"100ms\"",
    };
    Some(Err(message.to_owned()))
}

/// Reads a number of calls, or a duration. Returns `None` if `value` is not a literal.
pub(super) fn window(value: &TokenStream) -> Option<Result<Value, String>> {
    let constant = constant(value)?;
    let given = source(value);
    Some(match constant.content {
        LiteralContent::Text(text) if is_count(&text) => Err(format!(
            "is {text:?}: calls are counted without quotes, as in `window = {text}`, and a time \
             has a unit, as in `window = \"{text}s\"`"
        )),
        LiteralContent::Text(_) => time(value)?.map(Value::Time),
        LiteralContent::Float { .. } => Err(format!(
            "is {given}: it is a whole number of calls, as in `window = 100`, or a time with its \
             unit in quotes, as in `window = \"60s\"`"
        )),
        LiteralContent::Integer { .. } => count(value)?.map(Value::Count),
        LiteralContent::Other => Err(format!(
            "is {given}: it is a number of calls, as in `window = 100`, or a time, as in \
             `window = \"60s\"`"
        )),
    })
}

fn is_count(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
#[path = "literal_forms_tests.rs"]
mod tests;
