//! Settings that make tests fast.

use std::time::Duration;

use resilient_http::{ApiClient, ApiClientBuilder, BreakerConfig, RetryPolicy};

/// Returns a policy with two retries and tiny delays, which makes three attempts.
pub fn quick() -> RetryPolicy {
    quickly(2)
}

pub fn quickly(retries: u32) -> RetryPolicy {
    RetryPolicy::builder()
        .max_retries(retries)
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(5))
        .build()
        .unwrap()
}

/// Returns the settings of a circuit breaker that does not open by chance.
pub fn patient() -> BreakerConfig {
    BreakerConfig::builder().failure_threshold(1000).build().unwrap()
}

/// Returns a builder with fast retries, a circuit breaker that stays closed, and time limits that
/// calls of tests do not reach.
pub fn client(url: &str) -> ApiClientBuilder {
    let builder = ApiClient::builder(url)
        .retry(quick())
        .circuit_breaker(patient())
        .no_budget()
        .connect_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(20))
        .deadline(Duration::from_secs(60));
    // Leaves out the platform's certificates, which take 0.2 s to read.
    #[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
    let builder = builder.configure(|it| it.tls_certs_only([]));
    builder
}
