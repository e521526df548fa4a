//! The store of cached responses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::CACHE_CONTROL;
use tokio::time::Instant;

use super::config::CacheConfig;
use super::counts::{CacheCounts, Counters};
use super::in_flight::InFlightMap;
use super::key::{CacheKey, KeyMaker};
use crate::error::BuildError;
use crate::response::Response;

/// The estimated number of bytes that an entry needs in addition to its response.
const OVERHEAD: usize = 256;

/// A cache for responses of endpoints.
///
/// Clones are cheap and share one cache. Several endpoints can share one cache and its size limit,
/// but they never share responses. The cache stores only successful responses without
/// `cache-control: no-store`.
///
/// The keys of the cache reveal nothing: neither API keys nor requests. The responses are stored in
/// memory and are not encrypted.
///
/// Times are measured with `tokio::time`.
#[derive(Clone)]
pub struct ResponseCache {
    pub(super) inner: Arc<CacheInner>,
}

pub(super) struct CacheInner {
    pub(super) config: CacheConfig,
    pub(super) keys: KeyMaker,
    pub(super) in_flight: InFlightMap,
    pub(super) counters: Counters,
    responses: moka::sync::Cache<CacheKey, Arc<Stored>>,
}

pub(super) struct Stored {
    response: Response,
    since: Instant,
}

impl Stored {
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    pub(super) fn response(&self) -> Response {
        self.response.clone()
    }
}

impl ResponseCache {
    /// Creates an empty cache.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if a setting is out of range.
    pub fn new(config: &CacheConfig) -> Result<Self, BuildError> {
        config.check()?;
        let responses = moka::sync::Cache::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, stored: &Arc<Stored>| weight(&stored.response))
            .time_to_live(config.ttl.saturating_add(config.stale_if_open))
            .build();
        Ok(Self {
            inner: Arc::new(CacheInner {
                config: config.clone(),
                keys: KeyMaker::new(),
                in_flight: InFlightMap::default(),
                counters: Counters::default(),
                responses,
            }),
        })
    }

    /// Returns the numbers of calls, by the source of their response.
    #[must_use]
    pub fn counts(&self) -> CacheCounts {
        self.inner.counters.read()
    }

    /// Removes all responses.
    pub fn clear(&self) {
        self.inner.responses.invalidate_all();
    }

    /// Returns the approximate size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.responses.run_pending_tasks();
        self.inner.responses.weighted_size()
    }
}

impl CacheInner {
    pub(super) fn find(&self, key: &CacheKey) -> Option<Arc<Stored>> {
        self.responses.get(key)
    }

    pub(super) fn insert(&self, key: CacheKey, response: &Response) {
        let is_too_large = u64::from(weight(response)) > self.config.max_bytes;
        if is_too_large || forbids_storing(response) {
            // The new response must not be stored, and the stored response is outdated.
            self.responses.invalidate(&key);
            return;
        }
        let stored = Stored { response: response.clone(), since: Instant::now() };
        self.responses.insert(key, Arc::new(stored));
    }
}

fn weight(response: &Response) -> u32 {
    let headers = response.head.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
    u32::try_from(response.body.len() + headers + OVERHEAD).unwrap_or(u32::MAX)
}

fn forbids_storing(response: &Response) -> bool {
    let directives = response.head.headers.get_all(CACHE_CONTROL).iter();
    directives
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache")
            .field("config", &self.inner.config)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
