//! The store of cached responses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::config::CacheConfig;
use super::counts::{CacheCounts, Counters};
use super::in_flight::InFlightMap;
use super::key::{CacheKey, KeyMaker};
use super::lifetime::Lifetime;
use crate::error::BuildError;
use crate::response::Response;

/// The estimated number of bytes that an entry needs in addition to its response.
const OVERHEAD: usize = 256;

/// A cache for responses of endpoints.
///
/// Clones are cheap and share one cache. Several endpoints can share one cache and its size limit,
/// but they never share responses.
///
/// # What is stored
///
/// The [configuration](CacheConfig) says how long a response is used. The server can shorten that
/// time or forbid the storing, by the rules of RFC 9111 for a cache that several users share: one
/// process usually serves many.
///
/// - Responses with the status 200, 203 or 204 are stored if they could be read. Responses with
///   `no-store`, `no-cache`, `private` or `vary: *` are not. The value of another `vary` needs no
///   rule: all headers of the request are part of the key.
/// - A response is used for the shortest of `ttl`, `max-age` and `s-maxage`, or without these up to
///   `expires`, less the `age` that it had on arrival. If no time is left, it is not stored.
/// - With `must-revalidate`, `proxy-revalidate` or `s-maxage`, it is not used while the circuit is
///   open, either.
///
/// In two points, the cache is not that of RFC 9111. It stores responses of any method, also of a
/// `POST`, because an endpoint asks for its cache. And it stores the response to a request with
/// credentials although no `public` allows it: the headers of the call are part of the key, and an
/// endpoint has one key of its API. So do not cache with an [`Auth`](crate::Auth) whose closure
/// returns the credentials of several users: set `authorization` in the options of each call.
///
/// The header `cache-control` of a request works, too. With `no-store`, the call does not use the
/// cache; with `no-cache` or `max-age=0`, it works like [`Caching::Refresh`](crate::Caching); with
/// another `max-age`, it accepts no older response.
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
    lifetime: Lifetime,
}

impl Stored {
    /// Returns the time since the server sent the response, which may be longer than the cache has
    /// had it.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed().saturating_add(self.lifetime.age)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.since.elapsed() < self.lifetime.fresh_for
    }

    /// Returns whether the response may be used while the circuit is open.
    pub(super) fn may_be_stale(&self) -> bool {
        self.since.elapsed() < self.lifetime.stale_until
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
        let fits = u64::from(weight(response)) <= self.config.max_bytes;
        let Some(lifetime) = Lifetime::of(response, &self.config).filter(|_| fits) else {
            // The new response must not be stored, and the stored response is outdated.
            self.responses.invalidate(&key);
            return;
        };
        // The body, too, can be a small slice of a large buffer.
        let mut response =
            Response { body: Bytes::copy_from_slice(&response.body), ..response.clone() };
        response.head.detach();
        let stored = Stored { response, since: Instant::now(), lifetime };
        self.responses.insert(key, Arc::new(stored));
    }
}

fn weight(response: &Response) -> u32 {
    let headers = response.head.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
    u32::try_from(response.body.len() + headers + OVERHEAD).unwrap_or(u32::MAX)
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache")
            .field("config", &self.inner.config)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
