//! Counts, proportions and factors: what a literal number may be.

use proc_macro2::TokenStream;

use crate::literal::{Constant, Content, constant};
use crate::tokens::source;

/// A whole number that fits `u32`; `None` if `value` is no literal.
pub(super) fn count(value: &TokenStream) -> Option<Result<u32, String>> {
    let constant = constant(value)?;
    let given = source(value);
    Some(match constant.content {
        Content::Text(text) if !constant.negative && text.parse::<u32>().is_ok() => Err(format!(
            "a count is a number, not a string: write {text} without quotes"
        )),
        Content::Text(_) | Content::Other => Err(format!(
            "a count is a whole number, as in `3`, and {given} is none"
        )),
        _ if constant.negative => Err(format!("is {given}: a count cannot be negative")),
        Content::Float { .. } => Err(format!("is {given}: a count is a whole number, as in `3`")),
        Content::Integer { suffix, .. } if !suffix.is_empty() && suffix != "u32" => Err(format!(
            "a count is a `u32`: leave away the suffix `{suffix}`"
        )),
        Content::Integer { value, .. } => value
            .and_then(|value| u32::try_from(value).ok())
            .ok_or_else(|| format!("is {given}: a count is at most {}", u32::MAX)),
    })
}

/// A number from 0 to 1, or a percentage as text; `None` if `value` is no literal.
pub(super) fn proportion(value: &TokenStream) -> Option<Result<f64, String>> {
    let read = share(value, "a proportion", "`0.2` or \"20%\"")?;
    Some(read.and_then(|(number, given)| {
        if (0.0..=1.0).contains(&number) {
            // Negative zero is zero.
            Ok(number.abs())
        } else {
            Err(format!(
                "is {given}: a proportion is from 0 to 1, or from \"0%\" to \"100%\""
            ))
        }
    }))
}

/// A number above 0 and up to 1, or a percentage as text; `None` if `value` is no literal.
pub(super) fn rate(value: &TokenStream) -> Option<Result<f64, String>> {
    let read = share(value, "a rate", "`0.5` or \"50%\"")?;
    Some(read.and_then(|(number, given)| {
        if number > 0.0 && number <= 1.0 {
            return Ok(number);
        }
        // Who writes 50 means percent.
        let meant = if (2.0..=100.0).contains(&number) && !given.ends_with("%\"") {
            format!("write \"{number}%\"")
        } else {
            "as in \"50%\"".to_owned()
        };
        Err(format!(
            "is {given}: a rate is above 0 and up to 1, or a percentage up to \"100%\": {meant}"
        ))
    }))
}

/// A share of a whole, unchecked, and how an error shows it.
fn share(value: &TokenStream, what: &str, example: &str) -> Option<Result<(f64, String), String>> {
    let constant = constant(value)?;
    Some(match &constant.content {
        Content::Text(text) if !constant.negative => percentage(text, what, example),
        _ => plain(&constant, what, example).map(|number| (number, source(value))),
    })
}

/// A finite number of at least 1; `None` if `value` is no literal.
pub(super) fn factor(value: &TokenStream) -> Option<Result<f64, String>> {
    let constant = constant(value)?;
    Some(plain(&constant, "a factor", "`2.0`").and_then(|number| {
        if number.is_finite() && number >= 1.0 {
            Ok(number)
        } else {
            Err(format!(
                "is {}: a factor is finite and at least 1",
                source(value)
            ))
        }
    }))
}

/// An integer or float literal without a foreign suffix.
fn plain(constant: &Constant, what: &str, example: &str) -> Result<f64, String> {
    let (digits, suffix) = match &constant.content {
        Content::Float { digits, suffix } => (digits.clone(), suffix),
        Content::Integer {
            value: Some(value),
            suffix,
        } => (value.to_string(), suffix),
        Content::Integer { value: None, .. } => ("inf".to_owned(), &String::new()),
        Content::Text(_) | Content::Other => {
            return Err(format!("{what} is a number, as in {example}"));
        }
    };
    if !suffix.is_empty() && suffix != "f64" {
        return Err(format!(
            "{what} is an `f64`: leave away the suffix `{suffix}`"
        ));
    }
    let number = digits
        .parse::<f64>()
        .map_err(|_| format!("{what} is a number, as in {example}"))?;
    Ok(if constant.negative { -number } else { number })
}

/// The number that a text like `12.5%` means, and how an error shows it.
fn percentage(text: &str, what: &str, example: &str) -> Result<(f64, String), String> {
    let digits = text.strip_suffix('%').unwrap_or(text);
    let trimmed = digits.trim();
    let plain = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let is_number = plain.starts_with(|c: char| c.is_ascii_digit())
        && plain.ends_with(|c: char| c.is_ascii_digit())
        && plain.chars().all(|c| c.is_ascii_digit() || c == '.')
        && plain.matches('.').count() <= 1;
    if !is_number {
        return Err(format!(
            "{text:?} is no percentage: {what} is written as in {example}"
        ));
    }
    if digits.len() == text.len() {
        let or = match trimmed.parse::<f64>() {
            Ok(share) if share <= 1.0 => format!(", or {trimmed} without quotes"),
            _ => String::new(),
        };
        return Err(format!(
            "{what} in quotes is a percentage: write \"{trimmed}%\"{or}"
        ));
    }
    if trimmed.len() != digits.len() {
        return Err(format!(
            "a percentage is written without spaces: \"{trimmed}%\""
        ));
    }
    // One conversion instead of a division keeps the nearest number.
    let number = format!("{trimmed}e-2")
        .parse()
        .map_err(|_| format!("{text:?} is no percentage"))?;
    Ok((number, format!("{text:?}")))
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
