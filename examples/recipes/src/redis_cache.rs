//! The recipe for Redis as a cache.

// excerpt: setup
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, Client, IntoConnectionInfo, RedisError, RedisResult};
use resilient::{
    CircuitOpen, Classify, TimedOut, circuit_breaker, fallback, retry, timeout,
};

/// Why Redis did not do what it was asked for.
#[derive(Debug, thiserror::Error, Classify)]
pub enum CacheError {
    /// Redis or the connection failed, or Redis refused.
    #[error("redis: {0}")]
    #[classify(with = resilient_classify::redis)]
    Redis(#[from] RedisError),
    /// The circuit is open, so Redis was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The call took too long. Whether a write took effect is unknown.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// Connects at the first command, and again after a connection is lost. The breaker
/// decides when to try again, so the manager itself makes one attempt. Both limits
/// together are below the `attempt_timeout` of a session.
pub fn connect(url: &str) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(Duration::from_millis(100)))
        .set_response_timeout(Some(Duration::from_millis(150)));
    let tcp = TcpSettings::default();
    // If the network loses all packets, Linux ends the connection after 5 s instead of
    // 15 minutes. Only then does the manager connect again.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    let server = url.into_connection_info()?.set_tcp_settings(tcp);
    ConnectionManager::new_lazy_with_config(Client::open(server)?, config)
}
// end excerpt

// excerpt: cache
/// A cache that no caller waits for longer than a moment, and that fails no caller.
#[derive(Clone)]
pub struct PriceCache {
    /// The connection, which all calls share.
    pub redis: ConnectionManager,
}

impl PriceCache {
    /// Returns `None` if the price is not cached, and if the cache does not serve now.
    #[fallback(value = None)]
    #[circuit_breaker(name = "price cache", recovery_time = "5s")]
    #[timeout("50ms")]
    pub async fn get(&self, article: &str) -> Result<Option<u32>, CacheError> {
        Ok(self.redis.clone().get(format!("price:{article}")).await?)
    }

    /// Caches the price for a minute, or does nothing if the cache does not serve now.
    #[fallback(value = ())]
    #[circuit_breaker(name = "price cache")]
    #[timeout("50ms")]
    pub async fn set(&self, article: &str, cents: u32) -> Result<(), CacheError> {
        Ok(self.redis.clone().set_ex(format!("price:{article}"), cents, 60).await?)
    }
}
// end excerpt

// excerpt: aside
/// The source of the prices, which is slower than the cache.
#[derive(Debug, Default)]
pub struct PriceService {
    /// How often the service was asked.
    pub requests: AtomicU32,
}

impl PriceService {
    async fn price(&self, article: &str) -> Result<u32, CacheError> {
        // Ask the price service here, under its own breaker, retry and time limit.
        self.requests.fetch_add(1, Relaxed);
        Ok(if article == "kettle" { 3_900 } else { 1_000 })
    }
}

/// Returns the price from the cache, or from the service if it is not cached.
pub async fn price(
    cache: &PriceCache,
    service: &PriceService,
    article: &str,
) -> Result<u32, CacheError> {
    if let Some(cached) = cache.get(article).await? {
        return Ok(cached);
    }
    let price = service.price(article).await?;
    cache.set(article, price).await?;
    Ok(price)
}
// end excerpt

// excerpt: required
/// Returns who has logged in with this token. Nothing replaces this read, so it is
/// repeated.
#[retry(
    name = "sessions.user",
    max_retries = 2,
    base_delay = "20ms",
    attempt_timeout = "300ms",
    deadline = "1s"
)]
#[circuit_breaker(name = "sessions", recovery_time = "5s")]
pub async fn user(
    redis: &ConnectionManager,
    token: &str,
) -> Result<Option<String>, CacheError> {
    Ok(redis.clone().get(format!("session:{token}")).await?)
}
// end excerpt
