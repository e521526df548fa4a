//! Sends a prepared request. The retry loop makes the attempts, and each attempt goes through the
//! circuit breaker.

use resilient::{circuit_breaker, retry};

use super::attempt::{Accept, ReceivedHead, receive_head, run_attempt};
use super::call_state::CallState;
use super::telemetry::in_call_span;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError, TimeoutPhase};
use crate::request::PreparedRequest;
use crate::response::{FromResponse, Rejected, Response};
use crate::stream::{HeldCall, StreamParts, StreamedResponse};

impl ApiClient {
    /// Sends a prepared request. Each execution is a new call that makes its own attempts.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call: see
    /// [`RequestBuilder`](crate::RequestBuilder#cancel-safety).
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with a success.
    pub async fn execute(&self, request: &PreparedRequest) -> Result<Response, ApiError> {
        self.execute_as(request).await
    }

    /// Sends a prepared request and reads the response as `T`.
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with a success that can be read as `T`.
    pub async fn execute_as<T: FromResponse + Send>(
        &self,
        request: &PreparedRequest,
    ) -> Result<T, ApiError> {
        let mut value = None;
        self.execute_by(request, |response| {
            value = Some(T::from_response(response)?);
            Ok(())
        })
        .await?;
        // If the call succeeded, `value` is set.
        value.ok_or(ApiError::Closed)
    }

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
        let call = CallState::new(self, request)?;
        let work = async {
            let ended = self.stream_attempts(&call).await;
            ended.map_err(|error| call.complete(error))
        };
        let facts = &call.facts;
        let (received, permit) =
            in_call_span(&facts.method, &facts.template, || call.attempt(), work).await?;
        let ReceivedHead { head, body, span, .. } = received;
        span.end(None);
        let inner = self.inner();
        let attempts = call.attempt();
        let idle_timeout = request.options.idle_timeout.map_or(inner.idle_timeout, |time| time.0);
        let CallState { facts, guard, .. } = call;
        let call = HeldCall::new(Some(permit), guard);
        let event_limit = inner.body_limit;
        let parts = StreamParts { head, body, facts, attempts, idle_timeout, event_limit, call };
        Ok(parts.into())
    }

    #[retry(
        policy = call.retry,
        budget = call.budget,
        deadline = call.deadline,
        attempt_timeout = call.timeout,
        except = ApiError::Timeout { phase: TimeoutPhase::Attempt, .. } if !call.may_be_repeated(),
    )]
    async fn stream_attempts(
        &self,
        call: &CallState<'_>,
    ) -> Result<(ReceivedHead, resilient::breaker::OwnedPermit), ApiError> {
        use resilient::Classify;
        call.begin_attempt();
        let permit = call.breaker.try_acquire_owned()?;
        let received = permit.within(Box::pin(receive_head(self, call))).await;
        match received {
            Ok(received) => Ok((received, permit)),
            Err(error) => {
                permit.report_class(Some(error.classify()));
                Err(error)
            }
        }
    }

    /// Sends a prepared request. Each attempt passes its response to `read` before the attempt
    /// ends.
    pub(crate) async fn execute_by(
        &self,
        request: &PreparedRequest,
        mut read: impl FnMut(Response) -> Result<(), Rejected> + Send,
    ) -> Result<(), ApiError> {
        if request.options.is_streamed {
            return Err(BuildError::streamed().into());
        }
        let call = CallState::new(self, request)?;
        let mut accept = |response: Response| {
            read(response).map_err(|rejected| ApiError::unreadable(call.details(None), rejected))
        };
        let work = async {
            let ended = self.attempts(&call, &mut accept).await;
            ended.map_err(|error| call.complete(error))
        };
        let facts = &call.facts;
        in_call_span(&facts.method, &facts.template, || call.attempt(), work).await
    }

    /// Makes the attempts of a call. This is the only retry loop.
    #[retry(
        policy = call.retry,
        budget = call.budget,
        deadline = call.deadline,
        attempt_timeout = call.timeout,
        except = ApiError::Timeout { phase: TimeoutPhase::Attempt, .. } if !call.may_be_repeated(),
        on_give_up = |event| {
            if let Some(error) = event.error() {
                error.ended_by(event.reason());
            }
        },
    )]
    #[circuit_breaker(breaker = call.breaker)]
    async fn attempts(
        &self,
        call: &CallState<'_>,
        accept: &mut Accept<'_>,
    ) -> Result<(), ApiError> {
        call.begin_attempt();
        Box::pin(run_attempt(self, call, accept)).await
    }
}
