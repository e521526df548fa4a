//! Reports the result of a call to its breaker.

#[cfg(feature = "http")]
use http::Response;
#[cfg(feature = "http")]
use http_body::Body;
use resilient::breaker::OwnedPermit;

use crate::classifier::{EveryError, ResultClassifier};
#[cfg(feature = "http")]
use crate::guarded_body::GuardedBody;
#[cfg(feature = "http")]
use crate::response_classifier::{HeadVerdict, ResponseClassifier};

/// Reports the result of a call to its breaker, at once or when the body of the response ends.
pub trait CallReport<T, E>: sealed::Sealed {
    /// The response of the service that the layer makes.
    type Response;

    /// Reports a result, and returns the result of the outer service. A call that the breaker
    /// rejected has no permit.
    ///
    /// # Errors
    ///
    /// Returns the error of `result`.
    fn ended(&self, permit: Option<OwnedPermit>, result: Result<T, E>)
    -> Result<Self::Response, E>;
}

mod sealed {
    pub trait Sealed {}
}

/// The call ends with its result, which `C` classifies.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByResult<C = EveryError>(pub(crate) C);

impl<C> sealed::Sealed for ByResult<C> {}

impl<T, E, C: ResultClassifier<T, E>> CallReport<T, E> for ByResult<C> {
    type Response = T;

    fn ended(&self, permit: Option<OwnedPermit>, result: Result<T, E>) -> Result<T, E> {
        if let Some(permit) = permit {
            permit.report_class(self.0.classify(result.as_ref()));
        }
        result
    }
}

/// The call ends with the body of the response. `H` classifies the response, and `C` an error.
#[cfg(feature = "http")]
#[derive(Debug, Clone, Copy, Default)]
pub struct ByResponse<H, C = EveryError> {
    pub(crate) responses: H,
    pub(crate) errors: C,
}

#[cfg(feature = "http")]
impl<H, C> sealed::Sealed for ByResponse<H, C> {}

#[cfg(feature = "http")]
impl<B, E, H, C> CallReport<Response<B>, E> for ByResponse<H, C>
where
    B: Body,
    H: ResponseClassifier + Clone,
    C: ResultClassifier<Response<B>, E>,
{
    type Response = Response<GuardedBody<B, H>>;

    fn ended(
        &self,
        permit: Option<OwnedPermit>,
        result: Result<Response<B>, E>,
    ) -> Result<Self::Response, E> {
        let response = match result {
            Ok(response) => response,
            Err(error) => {
                if let Some(permit) = permit {
                    permit.report_class(self.errors.classify(Err(&error)));
                }
                return Err(error);
            }
        };
        let permit = permit.and_then(|permit| {
            match self.responses.head(response.status(), response.headers()) {
                HeadVerdict::Final(class) => {
                    permit.report_class(class);
                    None
                }
                HeadVerdict::Open => Some(permit),
            }
        });
        Ok(response.map(|body| GuardedBody::new(body, permit, self.responses.clone())))
    }
}
