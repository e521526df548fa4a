//! Literals as the compiler reads them: strings decoded, numbers with their radix and suffix.

use proc_macro2::{Literal, TokenStream, TokenTree};

use crate::tokens::{flatten, is_punct};

/// A value that is one literal, perhaps negated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Constant {
    pub(crate) negative: bool,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Text(String),
    /// Without underscores; `value` is `None` above `u128::MAX`.
    Integer {
        value: Option<u128>,
        suffix: String,
    },
    /// Digits as `f64::from_str` takes them.
    Float {
        digits: String,
        suffix: String,
    },
    /// A character, a byte string, a string with a suffix or with an escape that cannot be.
    Other,
}

/// The constant that `value` consists of, seen through invisible groups; `None` for any other expression.
pub(crate) fn constant(value: &TokenStream) -> Option<Constant> {
    let tokens = flatten(value.clone());
    let (minus, token) = match tokens.as_slice() {
        [token] => (false, token),
        [minus, token] if is_punct(Some(minus), '-') => (true, token),
        _ => return None,
    };
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    let text = literal.to_string();
    // A literal made by another macro carries its sign inside.
    let (inner, text) = text
        .strip_prefix('-')
        .map_or((false, text.as_str()), |rest| (true, rest));
    Some(Constant {
        negative: minus != inner,
        content: content(text),
    })
}

/// The text of a string literal, plain or raw.
pub(crate) fn text(literal: &Literal) -> Option<String> {
    match content(&literal.to_string()) {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

fn content(source: &str) -> Content {
    if let Some(rest) = source.strip_prefix('"') {
        return rest
            .strip_suffix('"')
            .and_then(unescape)
            .map_or(Content::Other, Content::Text);
    }
    if let Some(rest) = source.strip_prefix('r') {
        let body = rest.trim_start_matches('#');
        let fence = &rest[..rest.len() - body.len()];
        let inner = body
            .strip_suffix(fence)
            .and_then(|body| body.strip_prefix('"')?.strip_suffix('"'));
        return inner.map_or(Content::Other, |inner| Content::Text(inner.to_owned()));
    }
    if source.starts_with(|first: char| first.is_ascii_digit()) {
        number(source)
    } else {
        Content::Other
    }
}

fn number(source: &str) -> Content {
    let radix = match source.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    if radix != 10 {
        let rest = &source[2..];
        let end = rest
            .find(|c: char| !c.is_digit(radix) && c != '_')
            .unwrap_or(rest.len());
        return integer(&rest[..end], radix, &rest[end..]);
    }
    let end = source
        .find(|c: char| !c.is_ascii_digit() && c != '_')
        .unwrap_or(source.len());
    let (whole, rest) = source.split_at(end);
    if !rest.starts_with(['.', 'e', 'E']) && !matches!(rest, "f32" | "f64") {
        return integer(whole, radix, rest);
    }
    let end = float_end(source);
    let digits: String = source[..end].chars().filter(|c| *c != '_').collect();
    match digits.parse::<f64>() {
        Ok(_) => Content::Float {
            digits,
            suffix: source[end..].to_owned(),
        },
        Err(_) => Content::Other,
    }
}

/// Where digits, point and exponent end and the suffix begins.
fn float_end(source: &str) -> usize {
    let mut previous = '0';
    for (at, c) in source.char_indices() {
        let exponent = matches!(previous, 'e' | 'E');
        if !(c.is_ascii_digit()
            || matches!(c, '_' | '.' | 'e' | 'E')
            || exponent && matches!(c, '+' | '-'))
        {
            return at;
        }
        previous = c;
    }
    source.len()
}

fn integer(digits: &str, radix: u32, suffix: &str) -> Content {
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.is_empty() {
        return Content::Other;
    }
    Content::Integer {
        value: u128::from_str_radix(&digits, radix).ok(),
        suffix: suffix.to_owned(),
    }
}

/// The content of a string literal with its escapes resolved; `None` where one is malformed.
fn unescape(source: &str) -> Option<String> {
    let mut text = String::with_capacity(source.len());
    let mut rest = source.chars();
    while let Some(c) = rest.next() {
        if c == '"' {
            return None;
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            same @ ('\\' | '\'' | '"') => text.push(same),
            'x' => {
                let code = rest.next()?.to_digit(16)? * 16 + rest.next()?.to_digit(16)?;
                text.push(char::from_u32(code).filter(char::is_ascii)?);
            }
            'u' => {
                let (code, behind) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                text.push(char::from_u32(
                    u32::from_str_radix(&code.replace('_', ""), 16).ok()?,
                )?);
                rest = behind.chars();
            }
            '\n' | '\r' => {
                rest = rest
                    .as_str()
                    .trim_start_matches([' ', '\t', '\n', '\r'])
                    .chars();
            }
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
#[path = "literal_tests.rs"]
mod tests;
