//! The streams of two families of APIs: how a call asks for one, how it ends, and how it reports an
//! error.

use resilient::Classification;

use crate::error::has_code;
use crate::request::Fields;
use crate::stream::SseEvent;

/// The format in which a preset's API streams its responses. In both formats, a call asks for a
/// stream with the field [`STREAM_FIELD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFormat {
    /// Events without a type. The last one is `[DONE]`, and an error is an object `error`.
    OpenAi,
    /// Events with types. An error has the type `error`.
    Anthropic,
}

/// The types of errors whose status would be from 400 to 499, for which the server is not at fault.
const CALLERS_FAULTS: [&str; 6] = [
    "authentication_error",
    "content_filter",
    "invalid_request_error",
    "not_found_error",
    "permission_error",
    "request_too_large",
];

/// The types and codes of errors whose status would be 429.
const RATE_LIMITS: [&str; 2] = ["rate_limit_error", "rate_limit_exceeded"];

pub(super) const STREAM_FIELD: &str = "stream";

impl EventFormat {
    pub(super) fn is_end(self, event: &SseEvent) -> bool {
        self == Self::OpenAi && event.data == "[DONE]"
    }

    /// Returns what an event means that reports an error, as the status of the same error would. An
    /// error with one of the codes in `permanent`, such as an exhausted quota, says nothing against
    /// the health of the server.
    pub(super) fn judge(self, event: &SseEvent, permanent: &[String]) -> Option<Classification> {
        if !self.is_error(event) {
            return None;
        }
        let data = event.data.as_bytes();
        if has_code(data, permanent) || has_code(data, &CALLERS_FAULTS) {
            Some(Classification::answered())
        } else if has_code(data, &RATE_LIMITS) {
            Some(Classification::throttled())
        } else {
            Some(Classification::transient())
        }
    }

    fn is_error(self, event: &SseEvent) -> bool {
        if event.event == "error" {
            return true;
        }
        // Most chunks have no such text, so they need not be parsed.
        self == Self::OpenAi
            && event.data.contains("\"error\"")
            && event
                .json::<Fields>()
                .is_ok_and(|fields| fields.get("error").is_some_and(|error| error.get() != "null"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: &str, data: &str) -> SseEvent {
        let (event, data, id) = (event.to_owned(), data.to_owned(), "".into());
        SseEvent { event, data, id, retry: None }
    }

    fn is_error(format: EventFormat, name: &str, data: &str) -> bool {
        format.is_error(&event(name, data))
    }

    #[test]
    fn an_error_in_an_event_means_what_its_status_would_mean() {
        let answered = Classification::answered();
        let throttled = Classification::throttled();
        let transient = Classification::transient();
        let permanent = ["insufficient_quota".to_owned()];
        for (data, expected) in [
            (r#"{"error": {"type": "invalid_request_error", "code": "x"}}"#, answered),
            (r#"{"type": "error", "error": {"type": "authentication_error"}}"#, answered),
            (r#"{"error": {"code": "content_filter"}}"#, answered),
            (r#"{"error": {"code": "insufficient_quota"}}"#, answered),
            (r#"{"error": {"type": "rate_limit_error"}}"#, throttled),
            (r#"{"error": {"type": "tokens", "code": "rate_limit_exceeded"}}"#, throttled),
            (r#"{"type": "error", "error": {"type": "overloaded_error"}}"#, transient),
            (r#"{"error": {"type": "server_error"}}"#, transient),
            (r#"{"error": "x"}"#, transient),
        ] {
            let event = event("error", data);
            for format in [EventFormat::OpenAi, EventFormat::Anthropic] {
                assert_eq!(format.judge(&event, &permanent), Some(expected), "{data}");
            }
        }
    }

    #[test]
    fn errors_are_distinguished_from_text_about_errors() {
        let openai = |data| is_error(EventFormat::OpenAi, "message", data);
        assert!(openai(r#"{"error": {"message": "Overloaded", "type": "server_error"}}"#));
        assert!(openai(r#"{"id": 1, "error": "x"}"#));
        assert!(!openai(r#"{"error": null, "choices": []}"#));
        assert!(!openai(r#"{"choices": [{"delta": {"content": "{\"error\": 1}"}}]}"#));
        assert!(!openai(r#"{"choices": [{"error": 1}]}"#));
        assert!(!openai(r#"["error"]"#));
        assert!(is_error(EventFormat::OpenAi, "error", "{}"));
        let anthropic = |event, data| is_error(EventFormat::Anthropic, event, data);
        assert!(anthropic("error", r#"{"type": "error", "error": {"type": "overloaded_error"}}"#));
        assert!(!anthropic("content_block_delta", r#"{"error": {}}"#));
    }
}
