//! Sends a prepared request and returns the response before its body is read.

use super::attempt::{ReceivedHead, receive_head};
use super::attempt_loop::make_attempts;
use super::call_state::CallState;
use crate::client::ApiClient;
use crate::error::ApiError;
use crate::request::PreparedRequest;
use crate::stream::{HeldCall, StreamParts, StreamedResponse};

impl ApiClient {
    /// Sends a prepared request and returns the response as soon as its head arrives. The body is
    /// read while it arrives.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call: see
    /// [`RequestBuilder`](crate::RequestBuilder#cancel-safety).
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with the head of a success. Errors of the
    /// body come from the [`StreamedResponse`].
    pub async fn stream(&self, request: &PreparedRequest) -> Result<StreamedResponse, ApiError> {
        let mut call = CallState::new(self, request)?;
        call.is_streamed = true;
        let (received, permit) = make_attempts(self, &call, || receive_head(self, &call)).await?;
        let ReceivedHead { head, body, span, .. } = received;
        span.end(None);
        let inner = self.inner();
        let attempts = call.attempt();
        let idle_timeout = request.options.idle_timeout.map_or(inner.idle_timeout, |time| time.0);
        let CallState { facts, guard, .. } = call;
        let call = HeldCall::new(permit, guard);
        let event_limit = inner.body_limit;
        let parts = StreamParts { head, body, facts, attempts, idle_timeout, event_limit, call };
        Ok(parts.into())
    }
}
