//! A successful response whose body is read while it arrives.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use resilient::retries::TimeLimit;
use resilient::{Classification, TimedOut};
use tokio::task::coop::poll_proceed;
use tokio::time::Instant;

use super::held_call::HeldCall;
use super::idle_limit::IdleLimit;
use crate::error::{ApiError, CallFacts, Details, ErrorResponse, Opaque, TimeoutPhase};
use crate::response::{RateLimit, ResponseHead};
use crate::transport::ResponseBody;

/// A response with a status from 200 to 299, whose body is read while it arrives. It comes from
/// [`RequestBuilder::stream`](crate::RequestBuilder::stream).
///
/// Read it with [`chunk`](Self::chunk), as a [`Stream`], or as [events](Self::events).
///
/// Retries, `timeout` and `deadline` end with the head of the response. From then on, each wait for
/// a chunk lasts at most as long as [`idle_timeout`](crate::ApiClientBuilder::idle_timeout). The
/// client's `body_limit` does not apply; [`limit`](Self::limit) sets a limit.
///
/// The call is in flight until the stream ends or this value is dropped, and it holds its permit of
/// the circuit breaker. Then the breaker counts
///
/// - a failure, if the connection breaks, if a wait exceeds the idle limit, or if an
///   [event](crate::EventStream) reports an error;
/// - otherwise a success, also if you drop the response before its end.
///
/// A slow call (`slow_call` of the breaker) is one whose *head* is slow. If the call is a probe of
/// a half-open circuit, other calls can take its place after
/// [`probe_timeout`](resilient::breaker::BreakerConfigBuilder::probe_timeout), so that a long
/// stream does not keep the circuit half-open.
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
/// let mut body = api.get("exports/{id}").param("id", 7).stream().await?;
/// let mut bytes = 0;
/// while let Some(chunk) = body.chunk().await {
///     bytes += chunk?.len();
/// }
/// println!("{bytes} bytes");
/// # Ok(()) }
/// ```
#[must_use = "a response that is dropped is not read"]
pub struct StreamedResponse {
    head: ResponseHead,
    facts: CallFacts,
    attempts: u32,
    began: Instant,
    event_limit: usize,
    limit: Option<usize>,
    received: usize,
    /// `None` after the end of the stream.
    open: Option<OpenStream>,
}

/// What an unfinished stream holds. The connection is freed before the call ends.
struct OpenStream {
    body: ResponseBody,
    idle: IdleLimit,
    call: HeldCall,
}

/// The parts of a streamed response.
pub(crate) struct StreamParts {
    pub(crate) head: ResponseHead,
    pub(crate) body: ResponseBody,
    pub(crate) facts: CallFacts,
    pub(crate) attempts: u32,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) event_limit: usize,
    pub(crate) call: HeldCall,
}

impl StreamedResponse {
    /// Returns the status, from 200 to 299.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Returns the number of attempts.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the path template of the call.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.facts.template
    }

    /// Returns the id that the server gave the request in `x-request-id` or a similar header.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Returns the rate limit that the server reported. If it reported several, returns the one of
    /// which the smallest share remains. Times count from the arrival of the response.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.head.rate_limit()
    }

    /// Returns all rate limits that the server reported, sorted by their names.
    #[must_use]
    pub fn rate_limits(&self) -> Vec<RateLimit> {
        self.head.rate_limits()
    }

    /// Sets the largest size of the whole body, in bytes after decompression. If the body is
    /// longer, the stream ends with [`ApiError::TooLarge`]. Default: no limit.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Waits for the next piece of the body and returns it, decompressed. A piece has at least one
    /// byte. Returns `None` at the end of the body, and after an error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing. The next call continues the stream.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the connection breaks, if the wait exceeds the idle limit, or if
    /// the body is longer than [`limit`](Self::limit).
    pub async fn chunk(&mut self) -> Option<Result<Bytes, ApiError>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Polls for a chunk. The call continues until the end of the body was polled, so that the
    /// reader can still judge the last chunk.
    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, ApiError>>> {
        let error = loop {
            let Some(open) = &mut self.open else {
                return Poll::Ready(None);
            };
            // A body that is always ready, such as an endless comment, must not keep the thread.
            let budget = ready!(poll_proceed(cx));
            match Pin::new(&mut open.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    budget.made_progress();
                    open.idle.chunk_arrived();
                    let Ok(data) = frame.into_data() else { continue };
                    if data.is_empty() {
                        continue;
                    }
                    self.received = self.received.saturating_add(data.len());
                    if let Some(limit) = self.limit.filter(|limit| self.received > *limit) {
                        break ApiError::too_large(limit, self.details());
                    }
                    return Poll::Ready(Some(Ok(data)));
                }
                Poll::Ready(Some(Err(failure))) => {
                    let (details, took) = (self.details(), self.began.elapsed());
                    break ApiError::of_transport(failure, details, took);
                }
                Poll::Ready(None) => self.finish(),
                Poll::Pending => match open.idle.poll_over(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(cut) => break self.cut_error(cut),
                },
            }
        };
        Poll::Ready(Some(Err(self.fail(error))))
    }

    /// Ends the call as a success.
    pub(super) fn finish(&mut self) {
        self.open = None;
    }

    /// Ends the call with this error.
    pub(super) fn fail(&mut self, error: ApiError) -> ApiError {
        if let Some(OpenStream { body, call, .. }) = self.open.take() {
            drop(body);
            call.fail(&error);
        }
        error
    }

    pub(super) fn event_limit(&self) -> usize {
        self.event_limit
    }

    /// Returns the facts of an error about the body.
    pub(super) fn details(&self) -> Details {
        let mut details = Details::new(Some(self.facts.clone()), self.attempts);
        details.response = Some(ErrorResponse::without_body(self.head.clone()));
        details
    }

    /// Makes the error that an event with this data reports.
    pub(super) fn judged_error(&self, data: &str, verdict: Classification) -> ApiError {
        let response = ErrorResponse::of_event(self.head.clone(), data);
        ApiError::judged(self.details(), response, verdict)
    }

    fn cut_error(&self, cut: TimedOut) -> ApiError {
        if cut.limit() == TimeLimit::NoTimer {
            return cut.into();
        }
        ApiError::Timeout {
            phase: TimeoutPhase::Idle,
            after: cut.after(),
            details: Opaque::new(self.details()),
        }
    }
}

impl From<StreamParts> for StreamedResponse {
    fn from(parts: StreamParts) -> Self {
        let StreamParts { head, body, facts, attempts, idle_timeout, event_limit, call } = parts;
        Self {
            head,
            facts,
            attempts,
            began: Instant::now(),
            event_limit,
            limit: None,
            received: 0,
            open: Some(OpenStream { body, idle: IdleLimit::new(idle_timeout), call }),
        }
    }
}

/// Yields what [`chunk`](StreamedResponse::chunk) returns.
impl Stream for StreamedResponse {
    type Item = Result<Bytes, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}

/// Shows neither the body nor header values, which may contain secrets.
impl fmt::Debug for StreamedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StreamedResponse");
        self.head.debug_fields(&mut shown);
        shown
            .field("received_bytes", &self.received)
            .field("is_over", &self.open.is_none())
            .field("attempts", &self.attempts)
            .field("template", &self.facts.template)
            .finish_non_exhaustive()
    }
}
