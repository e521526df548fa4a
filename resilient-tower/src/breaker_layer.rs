//! The layer that passes the calls of a service through a circuit breaker.

use std::fmt;

use resilient::breaker::{BreakerKey, KeyedBreakers};
use resilient::{CircuitBreaker, CircuitOpen, Classification};

use crate::breaker_source::KeyedBy;
#[cfg(feature = "http")]
use crate::call_report::ByResponse;
use crate::call_report::ByResult;
use crate::classifier::{ByBoxedSource, ByClassify, BySource, EveryError};
#[cfg(feature = "tonic")]
use crate::grpc_status::{ByStatus, OpenStatus};
use crate::rejection::IntoError;
#[cfg(feature = "http")]
use crate::response_classifier::{GrpcStatus, HttpStatus};

/// Passes the calls of a service through a circuit breaker. Clones share the breaker.
///
/// | setting | default |
/// |---|---|
/// | [`classified`](Self::classified), [`by_source`](Self::by_source), [`boxed_errors`](Self::boxed_errors), [`classify_with`](Self::classify_with) | every `Err` is a failure |
/// | [`http`](Self::http), [`grpc`](Self::grpc), `tonic` | every `Ok` is a success, and the call ends with it |
/// | [`on_open`](Self::on_open) | the error of the service, made from [`CircuitOpen`] |
///
/// The service that the layer makes is [`Breaker`](crate::Breaker), which says when a call asks for
/// its permit.
///
/// ```
/// use resilient::{BreakerConfig, CircuitBreaker};
/// use resilient_tower::BreakerLayer;
/// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let breaker = CircuitBreaker::new("stock", BreakerConfig::default());
/// let stock = ServiceBuilder::new()
///     .layer(BreakerLayer::new(breaker.clone()))
///     .service(service_fn(async |article: u32| Ok::<_, BoxError>(article * 2)));
/// assert_eq!(stock.oneshot(21).await?, 42);
/// assert_eq!(breaker.snapshot().totals.success, 1);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct BreakerLayer<B = CircuitBreaker, P = ByResult, J = IntoError> {
    pub(crate) breakers: B,
    pub(crate) report: P,
    pub(crate) rejection: J,
}

impl BreakerLayer {
    /// Passes all calls through `breaker`.
    #[must_use]
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self::of(breaker)
    }
}

impl<K: BreakerKey, F> BreakerLayer<KeyedBy<K, F>> {
    /// Passes each call through the breaker of its key, which `key` reads from the request. Their
    /// number is bounded by [`max_keys`](resilient::breaker::BreakerConfigBuilder::max_keys).
    ///
    /// ```
    /// use resilient::BreakerConfig;
    /// use resilient::breaker::KeyedBreakers;
    /// use resilient_tower::BreakerLayer;
    ///
    /// let shards = KeyedBreakers::new("shards", BreakerConfig::default());
    /// let layer = BreakerLayer::keyed(shards, |article: &u32| article % 8);
    /// # let _ = layer;
    /// ```
    pub fn keyed<Req>(breakers: KeyedBreakers<K>, key: F) -> Self
    where
        F: Fn(&Req) -> K,
    {
        Self::of(KeyedBy::new(breakers, key))
    }
}

impl<B> BreakerLayer<B> {
    /// Passes each call through the breaker that `breakers` finds for its request: see
    /// [`BreakerSource`](crate::BreakerSource).
    #[must_use]
    pub fn of(breakers: B) -> Self {
        Self { breakers, report: ByResult(EveryError), rejection: IntoError }
    }
}

impl<B, C, J> BreakerLayer<B, ByResult<C>, J> {
    /// Classifies errors by [`Classify`](resilient::Classify).
    #[must_use]
    pub fn classified(self) -> BreakerLayer<B, ByResult<ByClassify>, J> {
        self.report(ByResult(ByClassify))
    }

    /// Classifies errors by their sources: the rejection by another breaker, or the time limit of
    /// another call, is not a failure of this dependency. See
    /// [`Classification::of_error`].
    #[must_use]
    pub fn by_source(self) -> BreakerLayer<B, ByResult<BySource>, J> {
        self.report(ByResult(BySource))
    }

    /// Classifies errors of the type `Box<dyn Error + Send + Sync>` as
    /// [`by_source`](Self::by_source) does.
    #[must_use]
    pub fn boxed_errors(self) -> BreakerLayer<B, ByResult<ByBoxedSource>, J> {
        self.report(ByResult(ByBoxedSource))
    }

    /// Classifies results with `classify`, which returns `None` for a success.
    pub fn classify_with<T, E, F>(self, classify: F) -> BreakerLayer<B, ByResult<F>, J>
    where
        F: Fn(Result<&T, &E>) -> Option<Classification>,
    {
        self.report(ByResult(classify))
    }

    // B6
    /// Classifies responses of HTTP by their status, as the
    /// [table](crate::HttpStatus) says, and holds the permit of a healthy response until its body
    /// ends: see [`GuardedBody`](crate::GuardedBody). Choose how errors are classified before.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http(self) -> BreakerLayer<B, ByResponse<HttpStatus, C>, J> {
        self.responses(HttpStatus::default())
    }

    /// Classifies responses of gRPC by their `grpc-status`, as the [table](crate::GrpcStatus)
    /// says, and holds the permit until the trailers have arrived: see
    /// [`GuardedBody`](crate::GuardedBody). Choose how errors are classified before.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn grpc(self) -> BreakerLayer<B, ByResponse<GrpcStatus, C>, J> {
        self.responses(GrpcStatus::default())
    }

    /// Protects a client of tonic: the layer of [`GrpcClient`](crate::GrpcClient). Classifies
    /// responses as [`grpc`](Self::grpc) does, and errors as
    /// [`resilient_classify::tonic`](https://docs.rs/resilient-classify) does. A rejected call
    /// returns a status with the code `Unavailable`, with [`CircuitOpen`] as its source.
    #[cfg(feature = "tonic")]
    #[must_use]
    pub fn tonic(self) -> BreakerLayer<B, ByResponse<GrpcStatus, ByStatus>, OpenStatus> {
        let report = ByResponse { responses: GrpcStatus::default(), errors: ByStatus };
        BreakerLayer { breakers: self.breakers, report, rejection: OpenStatus }
    }

    /// Classifies responses of HTTP with a [`ResponseClassifier`](crate::ResponseClassifier), such
    /// as a closure that takes the status and the headers. It holds the permit of a healthy
    /// response until its body ends.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use resilient::{CircuitBreaker, Classification};
    /// use resilient_tower::BreakerLayer;
    ///
    /// let layer = BreakerLayer::new(CircuitBreaker::default()).responses(
    ///     |status: StatusCode, headers: &HeaderMap| match status {
    ///         StatusCode::NOT_IMPLEMENTED => None,
    ///         _ => resilient_classify::http(status, headers),
    ///     },
    /// );
    /// # let _ = layer;
    /// ```
    #[cfg(feature = "http")]
    pub fn responses<H>(self, classifier: H) -> BreakerLayer<B, ByResponse<H, C>, J> {
        let Self { breakers, report: ByResult(errors), rejection } = self;
        let report = ByResponse { responses: classifier, errors };
        BreakerLayer { breakers, report, rejection }
    }

    fn report<D>(self, report: ByResult<D>) -> BreakerLayer<B, ByResult<D>, J> {
        let Self { breakers, rejection, .. } = self;
        BreakerLayer { breakers, report, rejection }
    }
}

impl<B, P, J> BreakerLayer<B, P, J> {
    /// Sets what a rejected call returns, for a service whose error cannot be made from
    /// [`CircuitOpen`].
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use resilient::{CircuitBreaker, CircuitOpen};
    /// use resilient_tower::BreakerLayer;
    ///
    /// let layer = BreakerLayer::new(CircuitBreaker::default()).http().on_open(|_: CircuitOpen| {
    ///     let mut response = Response::new(String::new());
    ///     *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     Ok::<_, std::convert::Infallible>(response)
    /// });
    /// # let _ = layer;
    /// ```
    pub fn on_open<T, E, F>(self, rejected: F) -> BreakerLayer<B, P, F>
    where
        F: Fn(CircuitOpen) -> Result<T, E>,
    {
        let Self { breakers, report, .. } = self;
        BreakerLayer { breakers, report, rejection: rejected }
    }
}

#[cfg(feature = "http")]
impl<B, P, J> BreakerLayer<B, P, J> {
    /// Responds to a rejected request with 503, `Retry-After` and a short text: see
    /// [`Respond`](crate::Respond). For servers whose errors are `Infallible`, such as a router of
    /// axum.
    #[must_use]
    pub fn respond(self) -> BreakerLayer<B, P, crate::Respond> {
        let Self { breakers, report, .. } = self;
        BreakerLayer { breakers, report, rejection: crate::Respond }
    }
}

impl<B: fmt::Debug, P, J> fmt::Debug for BreakerLayer<B, P, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerLayer").field("breakers", &self.breakers).finish_non_exhaustive()
    }
}
