//! The checks that keep a value inside its path segment.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

/// The characters that are percent-encoded: all but the unreserved characters of RFC 3986.
pub(super) const SEGMENT: &AsciiSet = &without(NON_ALPHANUMERIC, b"-._~");
/// The characters that are percent-encoded in the literal parts of a template. The characters in
/// the list stay unencoded.
pub(super) const LITERAL: &AsciiSet = &without(SEGMENT, b"!$&'()*+,;=:@%/");
/// The length limit of one value. Servers accept request lines that are much longer.
const MAX_PARAMETER: usize = 4096;
/// The check decodes a path at most this many times. No usual chain of servers decodes more often.
const MAX_DECODINGS: usize = 8;

const fn without(set: &AsciiSet, bytes: &[u8]) -> AsciiSet {
    let mut set = set.remove(bytes[0]);
    let mut at = 1;
    while at < bytes.len() {
        set = set.remove(bytes[at]);
        at += 1;
    }
    set
}

/// A part of the text of a template.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum TemplatePart {
    /// Text with its slashes.
    Literal { at: Range<usize>, needs_encoding: bool },
    /// The name of a parameter.
    Name { at: Range<usize> },
}

/// The parts of a template, in order. Literals that follow each other are one part.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct TemplateParts(pub(super) Vec<TemplatePart>);

impl TemplateParts {
    /// Adds the segment `text[at]`.
    pub(super) fn push_segment(
        &mut self,
        text: &str,
        at: Range<usize>,
    ) -> Result<(), &'static str> {
        let mut begin = at.start;
        let mut has_name = false;
        while let Some(open) = text[begin..at.end].find('{') {
            let open = begin + open;
            self.push_literal(text, begin..open)?;
            let Some(close) = text[open..at.end].find('}') else {
                return Err("has a `{` without its `}`");
            };
            let name = open + 1..open + close;
            let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if name.is_empty() || !text[name.clone()].bytes().all(is_valid) {
                return Err("has a name that is not made of letters, digits and `_`");
            }
            self.0.push(TemplatePart::Name { at: name });
            has_name = true;
            begin = open + close + 1;
        }
        if !has_name && climbs(&text[begin..at.end]) {
            return Err("has a segment `.` or `..`");
        }
        self.push_literal(text, begin..at.end)
    }

    /// Adds a slash at `at`.
    pub(super) fn push_slash(&mut self, at: usize) {
        self.push_checked(at..at + 1, false);
    }

    fn push_literal(&mut self, text: &str, at: Range<usize>) -> Result<(), &'static str> {
        let literal = &text[at.clone()];
        check_literal(literal)?;
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        self.push_checked(at, !literal.bytes().all(is_unreserved));
        Ok(())
    }

    fn push_checked(&mut self, new: Range<usize>, new_needs_encoding: bool) {
        match self.0.last_mut() {
            Some(TemplatePart::Literal { at, needs_encoding }) => {
                at.end = new.end;
                *needs_encoding |= new_needs_encoding;
            }
            _ if new.is_empty() => {}
            _ => self.0.push(TemplatePart::Literal { at: new, needs_encoding: new_needs_encoding }),
        }
    }
}

fn check_literal(text: &str) -> Result<(), &'static str> {
    for c in text.chars() {
        match c {
            '?' => return Err("has a query: use `.query(…)`"),
            '#' => return Err("has a fragment, which is never sent"),
            '\\' => return Err("has a `\\`, which some servers take for `/`"),
            '}' => return Err("has a `}` without its `{`"),
            c if c.is_control() => return Err("has a control character"),
            _ => {}
        }
    }
    if text.contains('%') {
        check_encoded(text)?;
    }
    Ok(())
}

/// Checks that each `%` begins an encoded byte, and that no such byte is a separator.
fn check_encoded(text: &str) -> Result<(), &'static str> {
    let bytes = text.as_bytes();
    let is_encoded = |at: usize| {
        let digit = |offset: usize| bytes.get(at + offset).is_some_and(u8::is_ascii_hexdigit);
        digit(1) && digit(2)
    };
    if (0..bytes.len()).any(|at| bytes[at] == b'%' && !is_encoded(at)) {
        return Err("has a `%` that begins no encoded byte: write `%25`");
    }
    if percent_decode_str(text).any(|byte| matches!(byte, b'/' | b'\\' | 0)) {
        return Err("has an encoded `/`, `\\` or NUL");
    }
    Ok(())
}

pub(super) fn check_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err("is empty, which would make another path")
    } else if value.len() > MAX_PARAMETER {
        Err("is longer than 4096 bytes")
    } else if climbs(value) {
        Err("has a segment `.` or `..`, which would lead to another path")
    } else {
        Ok(())
    }
}

/// Returns whether a server could read the segment as `.` or `..`, or as a path that contains them.
/// Proxies may percent-decode a path several times before they split it at slashes, and some
/// proxies ignore the part after a `;`.
pub(super) fn climbs(segment: &str) -> bool {
    if !segment.bytes().any(|byte| matches!(byte, b'.' | b'%')) {
        return false;
    }
    let mut seen = Cow::Borrowed(segment.as_bytes());
    for _ in 0..MAX_DECODINGS {
        let mut parts = seen.split(|byte| matches!(byte, b'/' | b'\\'));
        let dots = |part: &[u8]| {
            matches!(part, [b'.'] | [b'.', b';', ..] | [b'.', b'.'] | [b'.', b'.', b';', ..])
        };
        if parts.any(dots) {
            return true;
        }
        if !seen.contains(&b'%') {
            return false;
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&seen).collect();
        if decoded.len() == seen.len() {
            return false;
        }
        seen = Cow::Owned(decoded);
    }
    // No valid value is percent-encoded so many times.
    true
}
