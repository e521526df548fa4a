//! Responses that are read while they arrive, and server-sent events.

mod event_stream;
mod held_call;
mod idle_limit;
mod sse_event;
mod sse_parser;
mod streamed_response;
#[cfg(test)]
mod tests;

pub use self::event_stream::EventStream;
pub(crate) use self::held_call::HeldCall;
pub use self::sse_event::SseEvent;
pub(crate) use self::streamed_response::StreamParts;
pub use self::streamed_response::StreamedResponse;
