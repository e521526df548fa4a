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

pub(super) const STREAM_FIELD: &str = "stream";

impl EventFormat {
    pub(super) fn is_end(self, event: &SseEvent) -> bool {
        self == Self::OpenAi && event.data == "[DONE]"
    }

    /// Returns what an event means that reports an error. An error with one of the codes in
    /// `permanent`, such as an exhausted quota, says nothing against the health of the server.
    pub(super) fn judge(self, event: &SseEvent, permanent: &[String]) -> Option<Classification> {
        if !self.is_error(event) {
            None
        } else if has_code(event.data.as_bytes(), permanent) {
            Some(Classification::answered())
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

    fn is_error(format: EventFormat, event: &str, data: &str) -> bool {
        let (event, data, id) = (event.to_owned(), data.to_owned(), "".into());
        format.is_error(&SseEvent { event, data, id, retry: None })
    }

    #[test]
    fn errors_are_told_from_text_about_errors() {
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
