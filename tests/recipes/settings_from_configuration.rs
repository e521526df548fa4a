//! The recipe that takes settings from configuration.

use super::dependency;

// excerpt: recipe
use resilient::{BreakerConfig, CircuitBreaker, ConfigError, RetryPolicy};
use resilient::{circuit_breaker, retry};
use std::io;
use std::time::Duration;

// What your configuration file holds.
struct Settings {
    retries: u32,
    failures: u32,
    timeout: Duration,
}

struct Client {
    policy: RetryPolicy,
    breaker: CircuitBreaker,
    timeout: Duration,
}

impl Client {
    // An error names the setting that is wrong.
    fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let config = BreakerConfig::builder().failure_threshold(settings.failures);
        Ok(Self {
            policy: RetryPolicy::builder().max_retries(settings.retries).build()?,
            breaker: CircuitBreaker::new("configured", config.build()?),
            timeout: settings.timeout,
        })
    }

    #[retry(policy = self.policy, attempt_timeout = self.timeout)]
    #[circuit_breaker(breaker = self.breaker)]
    async fn get(&self, path: &str) -> io::Result<String> {
        dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
        // Send the request here.
        Ok(format!("the content of {path}"))
    }
}
// end excerpt

#[retry(max_retries = retries(), base_delay = "1ms")]
async fn few() -> io::Result<()> {
    Ok(dependency::call(io::ErrorKind::ConnectionReset).await?)
}

fn retries() -> u32 {
    2
}

#[tokio::test(start_paused = true)]
async fn a_client_uses_the_settings_that_it_was_made_with() {
    let timeout = Duration::from_secs(3);
    let client = Client::new(&Settings { retries: 1, failures: 9, timeout }).unwrap();
    dependency::fail(u32::MAX);
    client.get("x").await.unwrap_err();
    assert_eq!((dependency::calls(), client.breaker.snapshot().totals.failure), (2, 2));

    dependency::hang(1);
    let start = tokio::time::Instant::now();
    client.get("x").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[test]
fn an_error_names_the_wrong_setting() {
    let timeout = Duration::from_secs(3);
    let error = Client::new(&Settings { retries: 1, failures: 0, timeout }).err().unwrap();
    assert_eq!(error.to_string(), "`failure_threshold` is 0: must be at least 1");
}

#[tokio::test(start_paused = true)]
async fn a_single_key_accepts_an_expression() {
    dependency::fail(u32::MAX);
    few().await.unwrap_err();
    assert_eq!(dependency::calls(), 3);
}
