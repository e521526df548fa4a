//! Sends a prepared request and reads the whole response.

use std::sync::{Mutex, PoisonError};

use resilient::Outcome;

use super::attempt::run_attempt;
use super::attempt_loop::make_attempts;
use super::call_state::CallState;
use crate::client::ApiClient;
use crate::error::{ApiError, BuildError};
use crate::request::PreparedRequest;
use crate::response::{FromResponse, Rejected, Response};

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
        if request.options.is_streamed {
            return Err(BuildError::streamed().into());
        }
        let call = CallState::new(self, request)?;
        let accept = |response: Response| {
            read(response).map_err(|rejected| ApiError::unreadable(call.details(None), rejected))
        };
        // The attempts use `accept` one after the other, so the lock is always free.
        let accept = Mutex::new(accept);
        let attempt = || async {
            let response = run_attempt(self, &call).await?;
            accept.lock().unwrap_or_else(PoisonError::into_inner)(response)
        };
        let ((), permit) = make_attempts(self, &call, attempt).await?;
        if let Some(permit) = permit {
            permit.report(Outcome::Success);
        }
        Ok(())
    }
}
