//! The clients that the benchmarks compare, and the nginx that they call.

use reqwest_middleware::ClientWithMiddleware;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use resilient_http::ApiClient;
use resilient_test_servers::{Nginx, NginxConfig};
use serde::Deserialize;

/// The JSON that every call decodes.
#[derive(Debug, Deserialize)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub tags: Vec<String>,
}

/// A server that returns the same user for every path.
pub struct UserServer {
    nginx: Nginx,
}

impl UserServer {
    /// # Panics
    ///
    /// Panics if nginx is not installed, because then nothing can be measured.
    #[must_use]
    pub fn start() -> Self {
        let user = r#"{"id": 42, "name": "Ada Lovelace", "tags": ["admin", "author"]}"#;
        let directives = format!(
            "keepalive_requests 100000000; default_type application/json;
        location / {{ return 200 '{user}'; }}"
        );
        let config = NginxConfig::new().server("", &directives);
        let nginx = Nginx::start(&config).expect("nginx (Debian: apt-get install nginx)");
        Self { nginx }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.nginx.port(0))
    }
}

/// A client as its users build it. Each has its own connections.
pub enum Subject {
    /// `reqwest::Client` without any settings.
    Bare(reqwest::Client, String),
    /// reqwest with the time limits that `ApiClient` has by default.
    Limited(reqwest::Client, String),
    Middleware(ClientWithMiddleware, String),
    Ours(ApiClient),
}

impl Subject {
    pub const NAMES: [&str; 4] = ["bare", "limited", "middleware", "ours"];

    /// Returns the client of this name.
    ///
    /// # Panics
    ///
    /// Panics if there is no client of this name.
    #[must_use]
    pub fn new(name: &str, server: &UserServer) -> Self {
        let url = server.url();
        match name {
            "bare" => Self::Bare(reqwest::Client::new(), url),
            "limited" => {
                let seconds = std::time::Duration::from_secs;
                let builder = reqwest::Client::builder();
                let builder = builder.timeout(seconds(10)).connect_timeout(seconds(5));
                Self::Limited(builder.build().expect("settings are valid"), url)
            }
            "middleware" => {
                let policy = ExponentialBackoff::builder().build_with_max_retries(3);
                let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
                    .with(RetryTransientMiddleware::new_with_policy(policy))
                    .build();
                Self::Middleware(client, url)
            }
            "ours" => Self::Ours(ApiClient::builder(url).build().expect("settings are valid")),
            _ => panic!("no client `{name}`: one of {:?}", Self::NAMES),
        }
    }

    #[must_use]
    pub fn text(&self) -> &'static str {
        match self {
            Self::Bare(..) => "reqwest",
            Self::Limited(..) => "reqwest with its time limits",
            Self::Middleware(..) => "reqwest-middleware with reqwest-retry",
            Self::Ours(_) => "resilient-http",
        }
    }

    /// Makes calls, one after the other.
    ///
    /// # Panics
    ///
    /// Panics if a call fails.
    pub async fn calls(&self, count: u32) {
        for id in 0..count {
            let user = match self {
                Self::Bare(client, url) | Self::Limited(client, url) => {
                    let request = client.get(format!("{url}/users/{id}"));
                    let response = request.send().await.and_then(|r| r.error_for_status());
                    response.expect("a response").json::<User>().await.expect("a user")
                }
                Self::Middleware(client, url) => {
                    let request = client.get(format!("{url}/users/{id}"));
                    let response = request.send().await.expect("a response");
                    let response = response.error_for_status().expect("a success");
                    response.json::<User>().await.expect("a user")
                }
                Self::Ours(api) => {
                    let request = api.get("users/{id}").param("id", id);
                    request.await.expect("a user")
                }
            };
            assert_eq!((user.id, user.tags.len()), (42, 2), "{}", user.name);
        }
    }
}

/// Returns a runtime of one thread, so that the whole cost is on this thread.
///
/// # Panics
///
/// Panics if the system refuses the runtime.
#[must_use]
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
