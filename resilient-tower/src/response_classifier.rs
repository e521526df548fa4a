//! What a response of HTTP or gRPC means for a breaker.

use http::{HeaderMap, Response, StatusCode};
use resilient::{CircuitOpen, Classification};

use crate::classifier::{BySource, ResultClassifier};

/// Classifies responses of HTTP, for [`BreakerLayer::responses`](crate::BreakerLayer::responses).
/// Closures that take the status and the headers implement this trait.
pub trait ResponseClassifier {
    /// Returns what the head of the response says about the call.
    fn head(&self, status: StatusCode, headers: &HeaderMap) -> HeadVerdict;

    /// Returns the class of a call whose body has ended without an error, or `None` for a success.
    /// By default, such a call is a success.
    fn end(&self, trailers: Option<&HeaderMap>) -> Option<Classification> {
        let _ = trailers;
        None
    }
}

/// What the head of a response says about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadVerdict {
    /// The head decides. `None` is a success. The permit is not held until the body ends.
    Final(Option<Classification>),
    /// The call is healthy so far, and the end of the body decides.
    Open,
}

/// Classifies by the status and `retry-after`: see
/// [`resilient_classify::http()`](https://docs.rs/resilient-classify).
///
/// | status | breaker | retry |
/// |---|---|---|
/// | 408, 500, 502, 503, 504 | failure | yes, after `retry-after` |
/// | 429 | ignored | yes, after `retry-after` |
/// | other status from 500 to 599 | failure | no |
/// | any other status | success, unless its body breaks off | no |
///
/// For a [`RetryLayer`](crate::RetryLayer), `C` classifies the errors.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpStatus<C = BySource>(pub C);

/// Classifies by `grpc-status` and `grpc-retry-pushback-ms`, and with the feature `tonic` by the
/// `RetryInfo` in `grpc-status-details-bin`. They stand in the trailers, or in the headers of
/// a response without a body. If the response is not one of gRPC, its HTTP status decides.
///
/// | `grpc-status` | breaker | retry |
/// |---|---|---|
/// | 4 (deadline exceeded), 14 (unavailable) | failure | yes, after the pushback |
/// | 2 (unknown), 13 (internal), 15 (data loss), missing, no number | failure | no |
/// | 8 (resource exhausted) | ignored | yes, after the pushback |
/// | 10 (aborted) | success: the server works and saw a conflict | yes |
/// | 1 (cancelled) | ignored: a caller wanted it | no |
/// | 1, with the message `Timeout expired`: a time limit of tonic | failure | yes |
/// | any other | success: the server responded | no |
///
/// For a [`RetryLayer`](crate::RetryLayer), `C` classifies the errors. A retry reads only the
/// headers: it does not repeat a call whose status arrives after a message.
#[derive(Debug, Clone, Copy, Default)]
pub struct GrpcStatus<C = BySource>(pub C);

impl<C> ResponseClassifier for HttpStatus<C> {
    fn head(&self, status: StatusCode, headers: &HeaderMap) -> HeadVerdict {
        final_or_open(resilient_classify::http(status, headers))
    }
}

impl<C> ResponseClassifier for GrpcStatus<C> {
    fn head(&self, status: StatusCode, headers: &HeaderMap) -> HeadVerdict {
        if headers.contains_key("grpc-status") {
            HeadVerdict::Final(resilient_classify::grpc(headers))
        } else if status == StatusCode::OK {
            HeadVerdict::Open
        } else {
            HeadVerdict::Final(resilient_classify::http(status, headers))
        }
    }

    fn end(&self, trailers: Option<&HeaderMap>) -> Option<Classification> {
        let none = HeaderMap::new();
        resilient_classify::grpc(trailers.unwrap_or(&none))
    }
}

impl<F: Fn(StatusCode, &HeaderMap) -> Option<Classification>> ResponseClassifier for F {
    fn head(&self, status: StatusCode, headers: &HeaderMap) -> HeadVerdict {
        final_or_open(self(status, headers))
    }
}

fn final_or_open(class: Option<Classification>) -> HeadVerdict {
    class.map_or(HeadVerdict::Open, |class| HeadVerdict::Final(Some(class)))
}

macro_rules! classify_results {
    ($($classifier:ident),+) => {$(
        impl<B, E, C: ResultClassifier<Response<B>, E>> ResultClassifier<Response<B>, E>
            for $classifier<C>
        {
            fn classify(&self, result: Result<&Response<B>, &E>) -> Option<Classification> {
                match result {
                    Ok(response) => match self.head(response.status(), response.headers()) {
                        HeadVerdict::Final(class) => class,
                        HeadVerdict::Open => None,
                    },
                    Err(error) => self.0.classify(Err(error)),
                }
            }

            fn rejection<'e>(&self, error: &'e E) -> Option<&'e CircuitOpen> {
                self.0.rejection(error)
            }
        }
    )+};
}

classify_results!(HttpStatus, GrpcStatus);
