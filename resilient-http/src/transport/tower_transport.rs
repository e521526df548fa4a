//! The feature `tower`: services as transports, and layers around a transport.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Body as HttpBody;
use tower_layer::Layer;
use tower_service::Service;

use super::response_body::ResponseBody;
use super::transport_request::TransportRequest;
use super::transport_trait::{Exchange, Transport};
use crate::error::TransportError;
use crate::request::RequestBody;

/// Sends requests with a tower service.
///
/// Each exchange clones the service, waits until the clone is ready, and calls it once. The wait is
/// a part of the attempt, so its time limit applies. The service must neither retry nor follow
/// redirects, because the client does both.
///
/// The error of the service must convert into a [`TransportError`]. For a client such as
/// hyper-util's, map its errors with [`TransportError::connection`].
///
/// ```
/// use resilient_http::{ApiClient, Bytes, RequestBody, TowerTransport, TransportError};
/// use tower::service_fn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = service_fn(async |request: http::Request<RequestBody>| {
///     let path = format!("{:?}", request.uri().path());
///     let body = http_body_util::Full::new(Bytes::from(path));
///     Ok::<_, TransportError>(http::Response::new(body))
/// });
/// let api = ApiClient::builder("http://localhost/v1")
///     .transport(TowerTransport::new(service))
///     .build()?;
/// let path: String = api.get("users").await?;
/// assert_eq!(path, "/v1/users");
/// # Ok(()) }
/// ```
pub struct TowerTransport<S> {
    // A service need not be `Sync`. The lock is held only for the clone.
    service: Mutex<S>,
    /// The transport below the layers.
    inner: Option<Arc<dyn Transport>>,
}

impl<S> TowerTransport<S> {
    /// Sends requests with clones of this service.
    #[must_use]
    pub fn new(service: S) -> Self {
        Self { service: Mutex::new(service), inner: None }
    }

    /// Wraps a transport in a layer.
    pub(crate) fn layered<L>(layer: &L, inner: Arc<dyn Transport>) -> Self
    where
        L: Layer<TransportService, Service = S>,
    {
        let service = layer.layer(TransportService(Arc::clone(&inner)));
        Self { service: Mutex::new(service), inner: Some(inner) }
    }
}

impl<S, B> Transport for TowerTransport<S>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<TransportError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<TransportError>,
{
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let request = request
                .into_http()
                .map_err(|_| TransportError::unsendable("cannot send to such an address"))?;
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            Ok(response.map(ResponseBody::new))
        })
    }

    fn drop_idle_connections(&self) {
        if let Some(inner) = &self.inner {
            inner.drop_idle_connections();
        }
    }
}

impl<S> fmt::Debug for TowerTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TowerTransport")
    }
}

/// The transport of a client as a tower service, which a
/// [`layer`](crate::ApiClientBuilder::layer) wraps. It is always ready.
#[derive(Clone)]
pub struct TransportService(Arc<dyn Transport>);

impl Service<http::Request<RequestBody>> for TransportService {
    type Response = http::Response<ResponseBody>;
    type Error = TransportError;
    type Future = Exchange<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let transport = Arc::clone(&self.0);
        Box::pin(async move {
            let Some(request) = TransportRequest::from_http(request) else {
                return Err(TransportError::unsendable("has a layer that removed the address"));
            };
            transport.send(request).await
        })
    }
}

impl fmt::Debug for TransportService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransportService")
    }
}
