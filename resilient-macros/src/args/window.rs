//! The window of a breaker: a number of calls, or a time.

use std::time::Duration;

use proc_macro2::TokenStream;

use super::setting::{Setting, Value, read};
use super::{duration, number};
use crate::error::Errors;
use crate::literal::{Content, constant};
use crate::tokens::source;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Calls(u32),
    Time(Duration),
}

/// More calls than this are a time.
const MOST_CALLS: u32 = 1_000_000;

pub(super) fn window(value: Value<'_>, errors: &mut Errors) -> Option<Setting<Window>> {
    read(value, errors, literal)
}

/// `None` if `value` is no literal.
fn literal(value: &TokenStream) -> Option<Result<Window, String>> {
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
                Ok(Window::Time(time))
            }
        }),
        Content::Integer { .. } | Content::Float { .. }
            if !constant.negative && time(&digits).is_some() =>
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
                Ok(Window::Calls(calls))
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

/// What a number with a unit behind it means.
fn time(digits: &str) -> Option<Duration> {
    let text = proc_macro2::Literal::string(digits);
    let text = TokenStream::from(proc_macro2::TokenTree::from(text));
    duration::literal(&text)?.ok()
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
