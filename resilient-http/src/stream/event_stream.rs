//! A streamed response as a sequence of server-sent events.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header;
use resilient::Classification;

use super::sse_event::SseEvent;
use super::sse_parser::{EventTooLong, SseParser};
use super::streamed_response::StreamedResponse;
use crate::error::{ApiError, Opaque};
use crate::response::DecodeError;

/// The server-sent events of a response, parsed by the WHATWG specification. It comes from
/// [`RequestBuilder::events`](crate::RequestBuilder::events),
/// [`Endpoint::stream`](crate::Endpoint::stream) or [`StreamedResponse::events`].
///
/// Read it with [`next_event`](Self::next_event) or as a [`Stream`]. [`StreamedResponse`] says what
/// the circuit breaker counts.
///
/// The stream does not connect again when it ends, because only the caller knows whether the events
/// in between may be lost or repeated. To continue an event source, start a new call with the last
/// id:
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
/// use std::time::Duration;
///
/// let (mut last_id, mut wait) = (String::new(), Duration::from_secs(3));
/// loop {
///     let mut request = api.get("prices");
///     if !last_id.is_empty() {
///         request = request.header("last-event-id", &last_id);
///     }
///     let mut events = request.events().await?;
///     while let Some(Ok(event)) = events.next_event().await {
///         println!("{}", event.data);
///     }
///     // A stream without an id leaves the position as it was.
///     if let Some(id) = events.last_event_id() {
///         last_id = id.to_owned();
///     }
///     // The server may ask for any time, from zero to centuries.
///     wait = events.retry().unwrap_or(wait);
///     tokio::time::sleep(wait.clamp(Duration::from_secs(1), Duration::from_secs(60))).await;
/// }
/// # }
/// ```
#[must_use = "events that are not read are lost"]
pub struct EventStream {
    response: StreamedResponse,
    parser: SseParser,
    /// The bytes that have arrived and are not parsed.
    chunk: Bytes,
    is_end: Option<IsEnd>,
    judge: Option<Judge>,
    is_over: bool,
}

type IsEnd = Box<dyn Fn(&SseEvent) -> bool + Send + Sync>;
type Judge = Box<dyn Fn(&SseEvent) -> Option<Classification> + Send + Sync>;

impl StreamedResponse {
    /// Reads the body as server-sent events. An event has at most as many bytes as the client's
    /// [`body_limit`](crate::ApiClientBuilder::body_limit).
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Decode`] if the content type is not `text/event-stream`.
    pub fn events(mut self) -> Result<EventStream, ApiError> {
        let content_type = self.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("text/event-stream") {
            let error = Arc::new(DecodeError::not_events());
            let details = Opaque::new(self.details());
            let error = ApiError::Decode { error, details };
            return Err(self.fail(error));
        }
        Ok(EventStream::new(self))
    }
}

impl EventStream {
    pub(super) fn new(response: StreamedResponse) -> Self {
        let parser = SseParser::new(response.event_limit());
        let chunk = Bytes::new();
        Self { response, parser, chunk, is_end: None, judge: None, is_over: false }
    }

    /// Ends the stream, as a success, at the first event for which `is_end` returns `true`. The
    /// event is not returned. Replaces an earlier `end_when`, also the one of a preset.
    pub fn end_when(mut self, is_end: impl Fn(&SseEvent) -> bool + Send + Sync + 'static) -> Self {
        self.is_end = Some(Box::new(is_end));
        self
    }

    /// Looks for errors that the server reports in events. `judge` returns what the event means if
    /// it is an error, else `None`. The stream then ends with [`ApiError::Judged`], and the circuit
    /// breaker counts the health of the class. Nothing is retried, because the stream has begun.
    /// The data of the event is the [`body_text`](ApiError::body_text) of the error. Replaces an
    /// earlier `fail_when`, also the one of a preset.
    ///
    /// ```no_run
    /// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
    /// use resilient_http::Classification;
    ///
    /// let events = api.get("prices").events().await?.fail_when(|event| {
    ///     (event.event == "error").then(Classification::transient)
    /// });
    /// # let _ = events; Ok(()) }
    /// ```
    pub fn fail_when(
        mut self,
        judge: impl Fn(&SseEvent) -> Option<Classification> + Send + Sync + 'static,
    ) -> Self {
        self.judge = Some(Box::new(judge));
        self
    }

    /// Waits for the next event. Returns `None` at the end of the stream, and after an error. An
    /// event that the server did not complete is not returned.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing. The next call continues the stream.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the stream breaks off or exceeds a limit, as
    /// [`StreamedResponse::chunk`] does, or if an event [reports an error](Self::fail_when).
    pub async fn next_event(&mut self) -> Option<Result<SseEvent, ApiError>> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Returns the last id that the server set in a complete event, or `None` if it set none in
    /// this stream. It is empty if the server withdrew the id. The id of an event that broke off
    /// does not count, because a server that continues behind this id would leave the event out.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.parser.last_event_id()
    }

    /// Returns how long the server asks clients to wait before they connect again.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }

    /// Returns the response, which has the status, the headers and the number of attempts.
    pub fn response(&self) -> &StreamedResponse {
        &self.response
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<SseEvent, ApiError>>> {
        while !self.is_over {
            match self.parser.parse(&mut self.chunk) {
                Ok(Some(event)) => return Poll::Ready(self.judge(event)),
                Ok(None) => {}
                Err(EventTooLong) => {
                    let details = self.response.details();
                    let error = ApiError::too_large(self.response.event_limit(), details);
                    return Poll::Ready(Some(Err(self.fail(error))));
                }
            }
            match ready!(self.response.poll_chunk(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Some(Err(self.fail(error)))),
                None => self.is_over = true,
            }
        }
        Poll::Ready(None)
    }

    fn judge(&mut self, event: SseEvent) -> Option<Result<SseEvent, ApiError>> {
        if let Some(verdict) = self.judge.as_ref().and_then(|judge| judge(&event)) {
            let error = self.response.judged_error(&event.data, verdict);
            return Some(Err(self.fail(error)));
        }
        if self.is_end.as_ref().is_some_and(|is_end| is_end(&event)) {
            self.is_over = true;
            self.chunk = Bytes::new();
            self.response.finish();
            return None;
        }
        Some(Ok(event))
    }

    fn fail(&mut self, error: ApiError) -> ApiError {
        self.is_over = true;
        self.chunk = Bytes::new();
        self.response.fail(error)
    }
}

/// Yields what [`next_event`](EventStream::next_event) returns.
impl Stream for EventStream {
    type Item = Result<SseEvent, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("response", &self.response)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
