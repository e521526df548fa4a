//! How a response is read: as JSON, as JSON with its response, or as it came.

use serde::de::DeserializeOwned;

use super::decode_error::DecodeError;
use super::http_response::Response;

/// A decoded answer with its status, headers and attempts.
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), resilient_http::ApiError> {
/// use resilient_http::Reply;
///
/// let reply: Reply<Vec<String>> = api.get("names").await?;
/// println!("{} names after {} attempts", reply.value.len(), reply.response.attempts());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<T> {
    /// What the body says.
    pub value: T,
    /// The answer that it came in.
    pub response: Response,
}

/// What a request can be awaited as: anything that is read from JSON, a [`Reply`] of it, or the [`Response`] as it came.
pub trait FromResponse: Sized {
    /// Reads the answer. Within the attempt: what cannot be read is no success to the circuit breaker, nor a failure.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] if the answer is not of this type.
    fn from_response(response: Response) -> Result<Self, Rejected>;
}

/// An answer that could not be read, and why.
#[derive(Debug)]
pub struct Rejected(Box<(Response, DecodeError)>);

impl Rejected {
    /// The answer, and why it cannot be read.
    pub(crate) fn into_parts(self) -> (Response, DecodeError) {
        *self.0
    }
}

impl FromResponse for Response {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        Ok(response)
    }
}

impl<T: DeserializeOwned> FromResponse for Reply<T> {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        match response.json() {
            Ok(value) => Ok(Self { value, response }),
            Err(error) => Err(Rejected(Box::new((response, error)))),
        }
    }
}

impl<T: DeserializeOwned> FromResponse for T {
    fn from_response(response: Response) -> Result<Self, Rejected> {
        Reply::from_response(response).map(|reply| reply.value)
    }
}
