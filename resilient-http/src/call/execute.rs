//! Sends a prepared request. The retry loop makes the attempts, and each attempt goes through the
//! circuit breaker.

use std::sync::{Mutex, PoisonError};

use resilient::retries::GiveUpEvent;

use super::attempt::run_attempt;
use super::attempt_waits::AttemptWaits;
use super::call_state::CallState;
use super::telemetry::in_call_span;
use crate::client::ApiClient;
use crate::error::ApiError;
use crate::request::PreparedRequest;
use crate::response::{FromResponse, Rejected, Response};

/// Receives the response before the attempt ends, so that an unreadable response does not count as
/// a success.
type Accept<'a> = dyn FnMut(Response) -> Result<(), ApiError> + Send + 'a;

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

    /// Sends a prepared request. Each attempt passes its response to `read` before the attempt
    /// ends.
    pub(crate) async fn execute_by(
        &self,
        request: &PreparedRequest,
        mut read: impl FnMut(Response) -> Result<(), Rejected> + Send,
    ) -> Result<(), ApiError> {
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
    async fn attempts(
        &self,
        call: &CallState<'_>,
        accept: &mut Accept<'_>,
    ) -> Result<(), ApiError> {
        let mut waits = AttemptWaits::new(self, call);
        let on_give_up = |event: &GiveUpEvent<'_, _>| {
            if let Some(error) = event.error() {
                ApiError::ended_by(error, event.reason());
            }
        };
        let mut attempts = call
            .retry
            .call()
            .gate(&mut waits)
            .on_give_up(&on_give_up)
            .through(&call.breaker)
            .retry_timed_out(call.may_be_repeated())
            .classified();
        if let Some(budget) = &call.budget {
            attempts = attempts.budget(budget);
        }
        if let Some(deadline) = call.deadline {
            attempts = attempts.deadline(deadline);
        }
        if let Some(timeout) = call.timeout {
            attempts = attempts.attempt_timeout(timeout);
        }
        // The attempts use `accept` one after the other, so the lock is always free.
        let accept = Mutex::new(accept);
        attempts
            .run(|_| {
                call.begin_attempt();
                Box::pin(async {
                    let response = run_attempt(self, call).await?;
                    accept.lock().unwrap_or_else(PoisonError::into_inner)(response)
                })
            })
            .await
    }
}
