//! The forms in which a response is read: as JSON, as JSON with the response, or unread.

use serde::de::DeserializeOwned;

use super::decode_error::DecodeError;
use super::http_response::Response;

/// A decoded body together with its response, which has the status, the headers and the number of
/// attempts.
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
    /// The decoded body.
    pub value: T,
    /// The response.
    pub response: Response,
}

/// A type that an awaited request can return: a JSON type, a [`Reply`], or the [`Response`] itself.
pub trait FromResponse: Sized {
    /// Reads the response. This happens before the attempt ends. If the response cannot be read,
    /// the circuit breaker counts the attempt neither as a success nor as a failure.
    ///
    /// # Errors
    ///
    /// Returns [`Rejected`] if the body is not of this type.
    fn from_response(response: Response) -> Result<Self, Rejected>;
}

/// A response that cannot be read, and the reason.
#[derive(Debug)]
pub struct Rejected(Box<(Response, DecodeError)>);

impl Rejected {
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
