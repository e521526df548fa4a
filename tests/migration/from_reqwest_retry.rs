//! A client with the middleware reqwest-retry, and the same client as an `ApiClient`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilient_http::{ApiError, IdempotencyKey, MockTransport};
use tokio::time::Instant;

mod before {
    // excerpt: before
    use std::time::Duration;

    use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};
    use reqwest_retry::RetryTransientMiddleware;
    use reqwest_retry::policies::ExponentialBackoff;

    fn client() -> ClientWithMiddleware {
        let policy = ExponentialBackoff::builder()
            .retry_bounds(Duration::from_millis(100), Duration::from_secs(5))
            .build_with_max_retries(3);
        ClientBuilder::new(reqwest::Client::new())
            .with(RetryTransientMiddleware::new_with_policy(policy))
            .build()
    }

    async fn name_of(client: &ClientWithMiddleware, id: u32) -> Result<String, Error> {
        let url = format!("https://api.example.com/v1/users/{id}/name");
        let response = client.get(url).send().await?;
        Ok(response.error_for_status()?.text().await?)
    }
    // end excerpt

    pub(super) fn new_client() -> ClientWithMiddleware {
        client()
    }

    pub(super) async fn get(client: &ClientWithMiddleware) -> Result<String, Error> {
        name_of(client, 7).await
    }
}

mod after {
    // excerpt: after
    use resilient::ConfigError;
    use resilient_http::{ApiClient, ApiClientBuilder, ApiError, Response, RetryPolicy};

    fn client() -> Result<ApiClientBuilder, ConfigError> {
        let retry = RetryPolicy::builder().max_retries(3).base_delay("100ms").max_delay("5s");
        Ok(ApiClient::builder("https://api.example.com/v1").retry(retry.build()?))
    }

    async fn name_of(api: &ApiClient, id: u32) -> Result<String, ApiError> {
        let response: Response = api.get("users/{id}/name").param("id", id).await?;
        Ok(String::from_utf8_lossy(response.bytes()).into_owned())
    }
    // end excerpt

    pub(super) fn new_client() -> ApiClientBuilder {
        client().unwrap()
    }

    pub(super) async fn get(api: &ApiClient) -> Result<String, ApiError> {
        name_of(api, 7).await
    }
}

/// Responds with the statuses in order, and repeats the last one.
#[derive(Clone)]
struct Server {
    statuses: &'static [u16],
    headers: &'static [(&'static str, &'static str)],
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(statuses: &'static [u16]) -> Self {
        Self { statuses, headers: &[], requests: Arc::default() }
    }

    fn with_header(mut self, header: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = header;
        self
    }

    fn respond(&self) -> http::Response<&'static str> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let status = self.statuses[request.min(self.statuses.len() - 1)];
        let mut response = http::Response::builder().status(status);
        for (name, value) in self.headers {
            response = response.header(*name, *value);
        }
        response.body("Ada").unwrap()
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// The client from before, with this server below its middleware.
    fn before(&self) -> reqwest_middleware::ClientWithMiddleware {
        reqwest_middleware::ClientBuilder::from_client(before::new_client())
            .with(self.clone())
            .build()
    }

    fn after(&self) -> resilient_http::ApiClient {
        let server = self.clone();
        let transport = MockTransport::new(move |_| Ok(server.respond().map(Into::into)));
        after::new_client().transport(transport).build().unwrap()
    }
}

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Server {
    async fn handle(
        &self,
        _request: reqwest::Request,
        _extensions: &mut http::Extensions,
        _next: reqwest_middleware::Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        Ok(self.respond().into())
    }
}

#[tokio::test(start_paused = true)]
async fn both_retry_a_get_until_it_succeeds() {
    let (old, new) = (Server::new(&[503, 503, 200]), Server::new(&[503, 503, 200]));
    assert_eq!(before::get(&old.before()).await.unwrap(), "Ada");
    assert_eq!(after::get(&new.after()).await.unwrap(), "Ada");
    assert_eq!((old.requests(), new.requests()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn both_send_a_failing_get_four_times_within_the_same_delays() {
    let (old, new) = (Server::new(&[500]), Server::new(&[500]));
    let start = Instant::now();
    before::get(&old.before()).await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_millis(703), "{:?}", start.elapsed());
    let start = Instant::now();
    let error = after::get(&new.after()).await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_millis(703), "{:?}", start.elapsed());
    assert_eq!((old.requests(), new.requests()), (4, 4));
    assert!(matches!(error, ApiError::Server { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn only_the_middleware_repeats_a_post_without_a_key() {
    let (old, new, keyed) = (Server::new(&[500]), Server::new(&[500]), Server::new(&[500]));
    let request = old.before().post("https://api.example.com/v1/charges");
    assert_eq!(request.send().await.unwrap().status(), 500);
    new.after().post::<()>("charges").await.unwrap_err();
    let with_key = keyed.after();
    let charge = with_key.post::<()>("charges").idempotency_key(IdempotencyKey::Auto);
    charge.await.unwrap_err();
    assert_eq!((old.requests(), new.requests(), keyed.requests()), (4, 1, 4));
}

#[tokio::test(start_paused = true)]
async fn only_the_client_waits_as_long_as_the_server_asks() {
    let wait = &[("retry-after", "7")];
    let old = Server::new(&[429, 200]).with_header(wait);
    let new = Server::new(&[429, 200]).with_header(wait);
    let start = Instant::now();
    before::get(&old.before()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let start = Instant::now();
    after::get(&new.after()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(7), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_client_does_not_repeat_a_501() {
    let (old, new) = (Server::new(&[501]), Server::new(&[501]));
    before::get(&old.before()).await.unwrap_err();
    after::get(&new.after()).await.unwrap_err();
    assert_eq!((old.requests(), new.requests()), (4, 1));
}
