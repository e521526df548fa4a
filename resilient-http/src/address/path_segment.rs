//! The checks that keep a value inside its path segment.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that are percent-encoded: all but the unreserved characters of RFC 3986.
pub(super) const SEGMENT: &AsciiSet = &without(NON_ALPHANUMERIC, b"-._~");
/// The characters that are percent-encoded in the literal parts of a template. The characters in
/// the list stay unencoded.
const LITERAL: &AsciiSet = &without(SEGMENT, b"!$&'()*+,;=:@%");
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

/// A literal part of a template, or the name of a parameter.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum SegmentPart {
    Literal(String),
    Name(String),
}

/// The parts of a template. Literals that follow each other are one part.
pub(super) type SegmentParts = Vec<SegmentPart>;

pub(super) fn parse_segment(segment: &str, parts: &mut SegmentParts) -> Result<(), &'static str> {
    let mut rest = segment;
    let mut has_name = false;
    while let Some(open) = rest.find('{') {
        let (literal, from_open) = rest.split_at(open);
        push_literal(literal, parts)?;
        let Some(close) = from_open.find('}') else {
            return Err("has a `{` without its `}`");
        };
        let name = &from_open[1..close];
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err("has a name that is not made of letters, digits and `_`");
        }
        parts.push(SegmentPart::Name(name.to_owned()));
        has_name = true;
        rest = &from_open[close + 1..];
    }
    if !has_name && climbs(rest) {
        return Err("has a segment `.` or `..`");
    }
    push_literal(rest, parts)
}

fn push_literal(text: &str, parts: &mut SegmentParts) -> Result<(), &'static str> {
    if text.is_empty() {
        return Ok(());
    }
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
    literal_at_end(parts).extend(utf8_percent_encode(text, LITERAL));
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

/// Returns the literal at the end of the parts, and begins it if the last part is a name.
pub(super) fn literal_at_end(parts: &mut SegmentParts) -> &mut String {
    if !matches!(parts.last(), Some(SegmentPart::Literal(_))) {
        parts.push(SegmentPart::Literal(String::new()));
    }
    match parts.last_mut() {
        Some(SegmentPart::Literal(text)) => text,
        _ => unreachable!("the last part is a literal"),
    }
}

pub(super) fn check_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        Err("is empty, which would make another path")
    } else if value.len() > MAX_PARAMETER {
        Err("is longer than 4096 bytes")
    } else if climbs(value) {
        Err("is `.` or `..`, or has that between slashes, which would make another path")
    } else {
        Ok(())
    }
}

/// Returns whether a server could read the segment as `.` or `..`, or as a path that contains them.
/// Proxies may percent-decode a path several times before they split it at slashes, and some
/// proxies ignore the part after a `;`.
pub(super) fn climbs(segment: &str) -> bool {
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
