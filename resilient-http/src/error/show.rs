//! What an error prints, which is nothing that may be secret.

use std::fmt;

use serde_json::Value;

use super::{ApiError, Opaque, Phase, TimeoutPhase};

const LONGEST_MESSAGE: usize = 200;

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(_) => return f.write_str("not sent: the circuit is open"),
            Self::Closed => return f.write_str("not sent: the client is closed"),
            Self::Build(error) => return write!(f, "not sent: {error}"),
            _ => {}
        }
        if let Some(call) = self.call() {
            write!(f, "{} {}: ", call.method, call.template.escape_debug())?;
        }
        match self {
            Self::Connection { phase, .. } => f.write_str(match phase {
                Phase::Connect => "no connection",
                Phase::Send => "the connection broke before an answer",
                Phase::Body => "the answer broke off",
            })?,
            Self::Timeout { phase, after, .. } => match phase {
                TimeoutPhase::Attempt => write!(f, "no answer within {after:?}")?,
                TimeoutPhase::Deadline => write!(f, "not done within its deadline of {after:?}")?,
                TimeoutPhase::Server => f.write_str("the server timed out")?,
            },
            Self::RateLimited { .. } => f.write_str("too many requests")?,
            Self::Authentication { .. } => f.write_str("the credentials were not accepted")?,
            Self::Forbidden { .. } => f.write_str("forbidden")?,
            Self::NotFound { .. } => f.write_str("not found")?,
            Self::Server { .. } => f.write_str("the server failed")?,
            Self::Status { .. } if self.is_redirect() => {
                f.write_str("a redirect was not followed")?;
            }
            Self::Status { .. } => f.write_str("the server refused")?,
            Self::Decode { .. } => f.write_str("the answer cannot be read")?,
            Self::TooLarge { limit, .. } => write!(f, "the answer is longer than {limit} bytes")?,
            Self::CircuitOpen(_) | Self::Closed | Self::Build(_) => {}
        }
        if let Some(status) = self.status() {
            write!(f, " (status {})", status.as_u16())?;
        }
        if let Some(time) = self.retry_after() {
            write!(f, "; it asks for {time:?}")?;
        }
        match self.attempts() {
            0 | 1 => Ok(()),
            attempts => write!(f, "; {attempts} attempts"),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitOpen(open) => return f.debug_tuple("CircuitOpen").field(open).finish(),
            Self::Build(error) => return f.debug_tuple("Build").field(error).finish(),
            _ => {}
        }
        let mut shown = f.debug_struct("ApiError");
        shown.field("kind", &self.kind());
        match self {
            Self::Connection { phase, .. } => {
                shown.field("phase", phase);
            }
            Self::Timeout { phase, after, .. } => {
                shown.field("phase", phase).field("after", after);
            }
            Self::Decode { error, .. } => {
                shown.field("error", error);
            }
            Self::TooLarge { limit, .. } => {
                shown.field("limit", limit);
            }
            _ => {}
        }
        if let Some(details) = self.details() {
            shown.field("details", details);
        }
        shown.finish()
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a person should read of an error's body, whatever its shape.
pub(super) fn message(body: &[u8]) -> Option<String> {
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
            ("plain\u{1b}[31m", "plain\u{fffd}[31m"),
        ] {
            assert_eq!(
                message(body.as_bytes()).as_deref(),
                Some(expected),
                "{body}"
            );
        }
        assert_eq!(message(b""), None);
        assert_eq!(message(b"null"), None);
        assert_eq!(message(&[b'x'; 5000]).unwrap().len(), LONGEST_MESSAGE);
    }
}
