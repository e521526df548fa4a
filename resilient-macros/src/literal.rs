//! Decodes literals: the text of strings, and the value and suffix of numbers.

use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::Lit;

use crate::tokens::{flatten, is_punct};

/// A value that is one literal, with or without a minus sign.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiteralValue {
    pub(crate) negative: bool,
    pub(crate) content: LiteralContent,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LiteralContent {
    Text(String),
    /// A whole number, without underscores. `value` is `None` above `u128::MAX`.
    Integer {
        value: Option<u128>,
        suffix: String,
    },
    /// Digits that `f64::from_str` accepts.
    Float {
        digits: String,
        suffix: String,
    },
    /// A character, a byte string, or a string with a suffix.
    Other,
}

/// Returns the literal if the whole value is one literal, also inside an invisible group. Returns
/// `None` for any other value.
pub(crate) fn constant(value: &TokenStream) -> Option<LiteralValue> {
    let tokens = flatten(value.clone());
    let (minus, token) = match tokens.as_slice() {
        [token] => (false, token),
        [minus, token] if is_punct(Some(minus), '-') => (true, token),
        _ => return None,
    };
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    // A literal that another macro made may contain its minus sign.
    let inner = literal.to_string().starts_with('-');
    Some(LiteralValue { negative: minus != inner, content: content(literal.clone()) })
}

/// Returns the text of a plain or raw string literal.
pub(crate) fn text(literal: &Literal) -> Option<String> {
    match content(literal.clone()) {
        LiteralContent::Text(text) => Some(text),
        _ => None,
    }
}

fn content(literal: Literal) -> LiteralContent {
    match Lit::new(literal) {
        Lit::Str(text) if text.suffix().is_empty() => LiteralContent::Text(text.value()),
        Lit::Int(number) if !matches!(number.suffix(), "f32" | "f64") => LiteralContent::Integer {
            value: number.base10_digits().trim_start_matches('-').parse().ok(),
            suffix: number.suffix().to_owned(),
        },
        Lit::Int(number) => LiteralContent::Float {
            digits: number.base10_digits().trim_start_matches('-').to_owned(),
            suffix: number.suffix().to_owned(),
        },
        Lit::Float(number) => LiteralContent::Float {
            digits: number.base10_digits().trim_start_matches('-').to_owned(),
            suffix: number.suffix().to_owned(),
        },
        _ => LiteralContent::Other,
    }
}

#[cfg(test)]
#[path = "literal_tests.rs"]
mod tests;
