//! The response of an error, and the information in its body and headers.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

use crate::response::{Response, ResponseHead, without_bom};

/// An error stores at most this many bytes of a response body.
pub(crate) const ERROR_BODY_LIMIT: usize = 64 * 1024;
const LONGEST_MESSAGE: usize = 200;

pub(crate) struct ErrorResponse {
    pub(crate) head: ResponseHead,
    pub(crate) body: Bytes,
    /// Whether the body was longer than [`ERROR_BODY_LIMIT`], broke off or took too long.
    pub(crate) is_truncated: bool,
}

impl ErrorResponse {
    /// Makes the response of an error. It copies the header values and expects a body that is a
    /// copy, so that a stored error does not hold a large buffer in memory.
    pub(crate) fn new(mut head: ResponseHead, body: Bytes, is_truncated: bool) -> Self {
        head.detach();
        Self { head, body, is_truncated }
    }

    /// Makes the response of an error about its body. The error does not store the body.
    pub(crate) fn without_body(head: ResponseHead) -> Self {
        Self::new(head, Bytes::new(), true)
    }

    /// Keeps the beginning of a response whose status is a success.
    pub(crate) fn of_success(response: Response) -> Self {
        Self::beginning(response.head, &response.body)
    }

    /// Makes the response of an error that an event of a stream reports. Its body is the data of
    /// the event.
    pub(crate) fn of_event(head: ResponseHead, data: &str) -> Self {
        Self::beginning(head, data.as_bytes())
    }

    fn beginning(head: ResponseHead, body: &[u8]) -> Self {
        let beginning = Bytes::copy_from_slice(&body[..body.len().min(ERROR_BODY_LIMIT)]);
        Self::new(head, beginning, body.len() > ERROR_BODY_LIMIT)
    }

    /// Returns `true` if a header of the server asks for a retry, `false` if a header forbids
    /// retries, and `None` if there is no such header.
    pub(super) fn says_retry(&self) -> Option<bool> {
        let names = ["x-should-retry", "stripe-should-retry"];
        names.iter().find_map(|name| {
            let value = self.head.headers.get(*name)?.as_bytes();
            if value.eq_ignore_ascii_case(b"true") {
                Some(true)
            } else if value.eq_ignore_ascii_case(b"false") {
                Some(false)
            } else {
                None
            }
        })
    }

    /// Returns whether the body [has](has_code) one of these codes.
    pub(super) fn has_code(&self, codes: &[String]) -> bool {
        has_code(&self.body, codes)
    }

    pub(super) fn message(&self) -> Option<String> {
        message(&self.body)
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ErrorResponse");
        self.head.debug_fields(&mut shown);
        shown
            .field("body_bytes", &self.body.len())
            .field("is_truncated", &self.is_truncated)
            .finish()
    }
}

/// Returns whether a JSON body has one of these codes in the field `code` or `type`. The field is
/// at the top level or in the object `error`.
pub(crate) fn has_code(body: &[u8], codes: &[impl AsRef<str>]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(without_bom(body)) else {
        return false;
    };
    let error = body.get("error");
    [Some(&body), error].into_iter().flatten().any(|part| {
        ["code", "type"].iter().any(|name| {
            let code = part.get(*name).and_then(Value::as_str);
            code.is_some_and(|code| codes.iter().any(|known| known.as_ref() == code))
        })
    })
}

/// Returns the error message in a body, or the start of the body if the body has none of the usual
/// shapes. Returns `None` if there is no text.
fn message(body: &[u8]) -> Option<String> {
    let body = without_bom(body);
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json) => of_json(&json)?,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let short: String = text
        .trim()
        .chars()
        .take(LONGEST_MESSAGE)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    (!short.is_empty()).then_some(short)
}

fn of_json(json: &Value) -> Option<String> {
    if let Value::String(text) = json {
        return Some(text.clone());
    }
    let error = json.get("error");
    let candidates = [
        json.get("detail"),
        json.get("message"),
        error.and_then(|error| error.get("message")),
        error,
        json.get("title"),
    ];
    candidates
        .into_iter()
        .flatten()
        .find_map(|value| value.as_str().map(str::to_owned))
        .or_else(|| Some(json.to_string()).filter(|_| !json.is_null()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_every_usual_shape() {
        for (body, expected) in [
            (r#"{"detail": "a"}"#, "a"),
            (r#"{"message": "b"}"#, "b"),
            (r#"{"error": {"message": "c"}}"#, "c"),
            (r#"{"error": "d"}"#, "d"),
            (r#"{"title": "e", "status": 400}"#, "e"),
            (r#"["f"]"#, r#"["f"]"#),
            (r#""g""#, "g"),
            (r#"{"detail": [1]}"#, r#"{"detail":[1]}"#),
            ("\u{feff}{\"detail\": \"h\"}", "h"),
            ("\u{feff}plain", "plain"),
            ("plain\u{1b}[31m", "plain\u{fffd}[31m"),
        ] {
            assert_eq!(message(body.as_bytes()).as_deref(), Some(expected), "{body}");
        }
        assert_eq!(message(b""), None);
        assert_eq!(message(b"null"), None);
        assert_eq!(message(&[b'x'; 5000]).unwrap().len(), LONGEST_MESSAGE);
    }
}
