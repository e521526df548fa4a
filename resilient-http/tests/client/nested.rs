//! Rule B18: a transport may fetch a token through the client that uses the transport. The circuit
//! still closes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderValue, header};
use resilient::breaker::CircuitState;
use resilient_http::{
    ApiClient, Exchange, MockTransport, Phase, Transport, TransportError, TransportRequest,
};

/// A transport that requests a token from the API before each other request.
struct WithToken {
    api: Arc<OnceLock<ApiClient>>,
    inner: MockTransport,
}

impl Transport for WithToken {
    fn send(&self, mut request: TransportRequest) -> Exchange<'_> {
        Box::pin(async move {
            if request.url.path() != "/token" {
                let api = self.api.get().expect("the test has set the client");
                let token: Result<String, _> = api.get("token").await;
                let token =
                    token.map_err(|error| TransportError::connection(Phase::Connect, error))?;
                let token = HeaderValue::from_str(&token).unwrap();
                request.headers.insert(header::AUTHORIZATION, token);
            }
            self.inner.send(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn b18_a_transport_that_uses_its_own_client_closes_the_circuit() {
    let inner = MockTransport::new(|request| {
        let body = match request.uri().path() {
            "/token" => r#""secret""#,
            _ if request.headers().get(header::AUTHORIZATION).unwrap() == "secret" => "7",
            _ => "0",
        };
        Ok(http::Response::new(body.into()))
    });
    let cell = Arc::new(OnceLock::new());
    let transport = WithToken { api: Arc::clone(&cell), inner };
    let api = ApiClient::builder("http://localhost").transport(transport).build().unwrap();
    cell.set(api.clone()).ok().unwrap();

    let breaker = api.circuit_breaker();
    assert_eq!(api.get::<u32>("value").await.unwrap(), 7);
    assert_eq!(breaker.snapshot().totals.success, 2);
    breaker.trip().unwrap();
    tokio::time::advance(Duration::from_secs(1_000)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert_eq!(api.get::<u32>("value").await.unwrap(), 7);
    assert_eq!(breaker.state(), CircuitState::Closed);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure, totals.rejected), (3, 0, 0));
}
