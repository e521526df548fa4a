//! The window of a breaker: a number of calls, or a time.

use proc_macro2::TokenStream;

use super::setting::Literal;
use super::{duration, number};
use crate::literal::{Content, constant};
use crate::tokens::source;

/// More calls than this are better counted by time.
const MOST_CALLS: u32 = 1_000_000;

/// A count of calls, or a time; `None` if `value` is no literal.
pub(super) fn literal(value: &TokenStream) -> Option<Result<Literal, String>> {
    let constant = constant(value)?;
    let given = source(value);
    let digits = given.replace('_', "");
    Some(match constant.content {
        Content::Text(text) if is_count(&text) => Err(format!(
            "is {text:?}: calls are counted without quotes, as in `window = {text}`, and a time has a unit, as in \
             `window = \"{text}s\"`"
        )),
        Content::Text(_) => duration::literal(value)?.and_then(|time| {
            if time.is_zero() {
                Err("is zero: it would hold no call, so above zero".to_owned())
            } else {
                Ok(Literal::Time(time))
            }
        }),
        Content::Integer { .. } | Content::Float { .. }
            if !constant.negative && duration::parse(&digits).is_ok() =>
        {
            Err(format!(
                "a time stands in quotes: write `window = \"{digits}\"`"
            ))
        }
        Content::Float { .. } => Err(format!(
            "is {given}: it is a whole number of calls, as in `window = 100`, or a time with its unit in quotes, as in \
             `window = \"60s\"`"
        )),
        Content::Integer { .. } => number::count(value)?.and_then(|calls| {
            if (1..=MOST_CALLS).contains(&calls) {
                Ok(Literal::Count(calls))
            } else {
                Err(format!(
                    "is {given}: the last 1 to 1000000 calls, or a time, as in `window = \"60s\"`"
                ))
            }
        }),
        Content::Other => Err(format!(
            "is {given}: it is a number of calls, as in `window = 100`, or a time, as in `window = \"60s\"`"
        )),
    })
}

fn is_count(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
