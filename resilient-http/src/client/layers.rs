//! The layers around the transport of a client.

use std::sync::Arc;

use super::builder::ApiClientBuilder;
#[cfg(feature = "tower")]
use crate::error::TransportError;
use crate::transport::Transport;
#[cfg(feature = "tower")]
use crate::transport::{TowerTransport, TransportService};

#[cfg(feature = "tower")]
impl ApiClientBuilder {
    /// Wraps the transport in a tower layer. Each request of each attempt passes through the layer:
    /// the circuit breaker counts what comes out of it, and the time limit of the attempt includes
    /// it. The layer that is added first is the outermost one.
    ///
    /// Each request clones the service, waits until the clone is ready, and calls it once. So a
    /// layer must share its state among clones, as `ConcurrencyLimitLayer` does, which counts a
    /// request until its response head arrives. The layer sees the credentials, and must not send
    /// them elsewhere.
    ///
    /// An error of the layer becomes [`ApiError::Layer`](crate::ApiError::Layer): the circuit
    /// breaker ignores it, and it is not retried. A layer that knows more about the server returns
    /// a [`TransportError`], and other errors can be mapped to one:
    ///
    /// ```
    /// use resilient_http::{ApiClient, BoxError, TransportError};
    /// use std::time::Duration;
    /// use tower::limit::ConcurrencyLimitLayer;
    /// use tower::timeout::{TimeoutLayer, error::Elapsed};
    /// use tower::util::MapErrLayer;
    ///
    /// let slow_is_a_failure = MapErrLayer::new(|error: BoxError| match error.is::<Elapsed>() {
    ///     true => TransportError::timed_out(error),
    ///     false => error.into(),
    /// });
    /// let api = ApiClient::builder("http://localhost/v1")
    ///     .layer(ConcurrencyLimitLayer::new(20))
    ///     .layer((slow_is_a_failure, TimeoutLayer::new(Duration::from_secs(2))));
    /// # let _ = api;
    /// ```
    pub fn layer<L, S, B>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<TransportService, Service = S> + Send + Sync + 'static,
        S: tower_service::Service<
                http::Request<crate::RequestBody>,
                Response = http::Response<B>,
                Error: Into<TransportError>,
                Future: Send,
            > + Clone
            + Send
            + 'static,
        B: http_body::Body<Data = bytes::Bytes, Error: Into<TransportError>> + Send + 'static,
    {
        self.layers.push(Box::new(move |inner| Arc::new(TowerTransport::layered(&layer, inner))));
        self
    }
}

impl ApiClientBuilder {
    /// Wraps the transport in the layers.
    pub(super) fn layered(&mut self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        self.layers.drain(..).rev().fold(transport, |inner, wrap| wrap(inner))
    }
}
