//! The layer that sends a request again if the call failed.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use resilient::retries::{NestedMode, RetrySetup};
use resilient::{Classification, RetryBudget};

use crate::classifier::{ByBoxedSource, ByClassify, BySource, EveryError};
use crate::limit_error::{NoLimits, WithLimits};
use crate::request_copy::CloneRequest;
#[cfg(feature = "http")]
use crate::response_classifier::{GrpcStatus, HttpStatus};
use crate::watched_circuit::{NoCircuit, Through};

/// Sends a request again if the call failed, under a [`RetryPolicy`](resilient::RetryPolicy) or a
/// [`NamedRetry`](resilient::retries::NamedRetry).
///
/// | setting | default |
/// |---|---|
/// | [`classified`](Self::classified), [`boxed_errors`](Self::boxed_errors), [`every_error`](Self::every_error), [`classify_with`](Self::classify_with) | by the sources of the error: see [`BySource`] |
/// | [`http`](Self::http), [`grpc`](Self::grpc) | every `Ok` is a success |
/// | [`copy_with`](Self::copy_with) | the request is `Clone` |
/// | [`budget`](Self::budget) | no budget |
/// | [`deadline`](Self::deadline), [`attempt_timeout`](Self::attempt_timeout) | none |
/// | [`through`](Self::through) | no breaker below is known |
/// | [`nested`](Self::nested) | [`NestedMode::Warn`] |
///
/// The service that the layer makes is [`Retry`](crate::Retry), which says how attempts use the
/// inner service.
///
/// ```
/// use resilient::RetryPolicy;
/// use resilient_tower::RetryLayer;
/// use std::time::Duration;
/// use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let policy = RetryPolicy::builder().max_retries(2).build()?;
/// let retry = RetryLayer::new(policy).boxed_errors().deadline(Duration::from_secs(5));
/// let stock = ServiceBuilder::new()
///     .layer(retry)
///     .service(service_fn(async |article: u32| Ok::<_, BoxError>(article * 2)));
/// assert_eq!(stock.oneshot(21).await?, 42);
/// # Ok(()) }
/// ```
pub struct RetryLayer<C = BySource, Q = CloneRequest, L = NoLimits, W = NoCircuit> {
    pub(crate) setup: Arc<RetrySetup>,
    pub(crate) rules: Arc<RetryRules<C, Q, L, W>>,
}

/// What the calls of a layer do, apart from the policy.
#[derive(Clone)]
pub(crate) struct RetryRules<C, Q, L, W> {
    pub(crate) classifier: C,
    pub(crate) copy: Q,
    pub(crate) limits: L,
    pub(crate) circuit: W,
}

impl RetryLayer {
    /// Retries under a policy, or under a named retry, which operators can override.
    #[track_caller]
    #[must_use]
    pub fn new(policy: impl Into<RetrySetup>) -> Self {
        let rules = RetryRules {
            classifier: BySource,
            copy: CloneRequest,
            limits: NoLimits,
            circuit: NoCircuit,
        };
        let setup = policy.into().located_at(Location::caller());
        Self { setup: Arc::new(setup), rules: Arc::new(rules) }
    }
}

impl<C: Clone, Q: Clone, L: Clone, W: Clone> RetryLayer<C, Q, L, W> {
    /// Classifies errors by [`Classify`](resilient::Classify).
    #[must_use]
    pub fn classified(self) -> RetryLayer<ByClassify, Q, L, W> {
        self.classifier(ByClassify)
    }

    /// Classifies errors of the type `Box<dyn Error + Send + Sync>` by their sources, as the
    /// default does for other errors.
    #[must_use]
    pub fn boxed_errors(self) -> RetryLayer<ByBoxedSource, Q, L, W> {
        self.classifier(ByBoxedSource)
    }

    /// Retries every error, even the rejection by a breaker. For errors that cannot be looked into.
    #[must_use]
    pub fn every_error(self) -> RetryLayer<EveryError, Q, L, W> {
        self.classifier(EveryError)
    }

    /// Classifies results with `classify`, which returns `None` for a success.
    pub fn classify_with<T, E, F>(self, classify: F) -> RetryLayer<F, Q, L, W>
    where
        F: Fn(Result<&T, &E>) -> Option<Classification>,
    {
        self.classifier(classify)
    }

    /// Classifies results with a [`ResultClassifier`](crate::ResultClassifier).
    pub fn classifier<D>(self, classifier: D) -> RetryLayer<D, Q, L, W> {
        self.map(|RetryRules { copy, limits, circuit, .. }| RetryRules {
            classifier,
            copy,
            limits,
            circuit,
        })
    }

    // R4
    /// Classifies responses of HTTP by their status and `retry-after`: see [`HttpStatus`]. Choose
    /// how errors are classified before.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http(self) -> RetryLayer<HttpStatus<C>, Q, L, W> {
        let classifier = HttpStatus(self.rules.classifier.clone());
        self.classifier(classifier)
    }

    /// Classifies responses of gRPC by their headers: see [`GrpcStatus`]. Choose how errors are
    /// classified before.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn grpc(self) -> RetryLayer<GrpcStatus<C>, Q, L, W> {
        let classifier = GrpcStatus(self.rules.classifier.clone());
        self.classifier(classifier)
    }

    /// Copies requests with `copy`, which returns `None` for a request that must be sent only once.
    ///
    /// ```
    /// use http::Request;
    /// use resilient::RetryPolicy;
    /// use resilient_tower::RetryLayer;
    ///
    /// /// Copies a request without a body, unless it changes something on the server.
    /// fn copy(request: &Request<()>) -> Option<Request<()>> {
    ///     request.method().is_idempotent().then(|| request.clone())
    /// }
    ///
    /// let layer = RetryLayer::new(RetryPolicy::DEFAULT).copy_with(copy);
    /// # let _ = layer;
    /// ```
    pub fn copy_with<Req, F>(self, copy: F) -> RetryLayer<C, F, L, W>
    where
        F: Fn(&Req) -> Option<Req>,
    {
        self.map(|RetryRules { classifier, limits, circuit, .. }| RetryRules {
            classifier,
            copy,
            limits,
            circuit,
        })
    }

    // R9
    /// Names the breaker of the [`BreakerLayer`](crate::BreakerLayer) below: a
    /// [`CircuitBreaker`](resilient::CircuitBreaker), or another
    /// [`BreakerSource`](crate::BreakerSource). If its circuit opens during the call, the call ends
    /// at once with the error of its last attempt, instead of a sleep and a rejection. Under
    /// [`WhenOpen::Wait`](resilient::retries::WhenOpen), the call waits for this circuit, and
    /// continues early if it closes. The rejection by any other breaker is then an error like
    /// others. If no breaker is named, each rejection counts as one by the layer below.
    pub fn through<B>(self, breakers: B) -> RetryLayer<C, Q, L, Through<B>> {
        self.map(|RetryRules { classifier, copy, limits, .. }| RetryRules {
            classifier,
            copy,
            limits,
            circuit: Through(breakers),
        })
    }

    // R6
    /// Limits the time of the whole call, sleeps included. At the deadline, a running attempt is
    /// cancelled, and the call returns the error that is made from
    /// [`TimedOut`](resilient::TimedOut). If a sleep would reach the deadline, the call ends at
    /// once with its last result.
    #[must_use]
    pub fn deadline(self, time: Duration) -> RetryLayer<C, Q, WithLimits, W> {
        self.limited(|setup| setup.deadline(time))
    }

    /// Limits the time of each attempt, which includes its wait for the inner service to be ready.
    /// An attempt that takes longer is cancelled, counts as a failure of the breaker layer below,
    /// and is retried.
    #[must_use]
    pub fn attempt_timeout(self, time: Duration) -> RetryLayer<C, Q, WithLimits, W> {
        self.limited(|setup| setup.attempt_timeout(time))
    }

    fn limited(
        mut self,
        set: impl FnOnce(RetrySetup) -> RetrySetup,
    ) -> RetryLayer<C, Q, WithLimits, W> {
        self.setup = Arc::new(set(Arc::unwrap_or_clone(self.setup)));
        self.map(|RetryRules { classifier, copy, circuit, .. }| RetryRules {
            classifier,
            copy,
            limits: WithLimits,
            circuit,
        })
    }

    // R7
    /// Pays for retries from a budget that all calls to one dependency share.
    #[must_use]
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.setup = Arc::new(Arc::unwrap_or_clone(self.setup).budget(budget));
        self
    }

    // R14
    /// Sets what a call does if it runs inside an attempt of another retry.
    #[must_use]
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.setup = Arc::new(Arc::unwrap_or_clone(self.setup).nested(nested));
        self
    }

    fn map<D, R, M, X>(
        self,
        change: impl FnOnce(RetryRules<C, Q, L, W>) -> RetryRules<D, R, M, X>,
    ) -> RetryLayer<D, R, M, X> {
        let rules = Arc::new(change(Arc::unwrap_or_clone(self.rules)));
        RetryLayer { setup: self.setup, rules }
    }
}

impl<C, Q, L, W> Clone for RetryLayer<C, Q, L, W> {
    fn clone(&self) -> Self {
        Self { setup: Arc::clone(&self.setup), rules: Arc::clone(&self.rules) }
    }
}

impl<C, Q, L, W> fmt::Debug for RetryLayer<C, Q, L, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer").field("setup", &self.setup).finish_non_exhaustive()
    }
}
