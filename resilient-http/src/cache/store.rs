//! Where answers are kept, and what may be handed out of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::CACHE_CONTROL;
use tokio::time::Instant;

use super::config::CacheConfig;
use super::counts::{CacheCounts, Counters};
use super::flight::Flights;
use super::key::{Key, Keys};
use crate::error::BuildError;
use crate::response::Response;

/// What a key and its place cost, about.
const OVERHEAD: usize = 256;

/// Answers of endpoints that are kept.
///
/// A cheap handle: clones are the same cache. It can be given to several endpoints, which then share its room; an answer
/// of one is never handed to another. Only successes are kept, and none that says `cache-control: no-store`.
///
/// What it is keyed by cannot be read out of it: neither keys of APIs nor what was asked. The answers themselves are in
/// memory as they came.
///
/// Times are those of `tokio::time`.
#[derive(Clone)]
pub struct ResponseCache {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: CacheConfig,
    pub(super) keys: Keys,
    pub(super) flights: Flights,
    pub(super) counters: Counters,
    answers: moka::sync::Cache<Key, Arc<Stored>>,
}

/// An answer, and since when it is there.
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
    /// An empty one.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if a setting is out of range.
    pub fn new(config: &CacheConfig) -> Result<Self, BuildError> {
        config.check()?;
        let answers = moka::sync::Cache::builder()
            .max_capacity(config.max_bytes)
            .weigher(|_, stored: &Arc<Stored>| weight(&stored.response))
            .time_to_live(config.ttl.saturating_add(config.stale_if_open))
            .build();
        Ok(Self {
            inner: Arc::new(Inner {
                config: config.clone(),
                keys: Keys::new(),
                flights: Flights::default(),
                counters: Counters::default(),
                answers,
            }),
        })
    }

    /// How calls came to their answers so far.
    #[must_use]
    pub fn counts(&self) -> CacheCounts {
        self.inner.counters.read()
    }

    /// Forgets all answers.
    pub fn clear(&self) {
        self.inner.answers.invalidate_all();
    }

    /// How many bytes are kept, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.answers.run_pending_tasks();
        self.inner.answers.weighted_size()
    }
}

impl Inner {
    pub(super) fn find(&self, key: &Key) -> Option<Arc<Stored>> {
        self.answers.get(key)
    }

    pub(super) fn keep(&self, key: Key, response: &Response) {
        let is_too_large = u64::from(weight(response)) > self.config.max_bytes;
        if is_too_large || forbids_storing(response) {
            // The one before is older than what the server says now.
            self.answers.invalidate(&key);
            return;
        }
        let stored = Stored {
            response: response.clone(),
            since: Instant::now(),
        };
        self.answers.insert(key, Arc::new(stored));
    }
}

fn weight(response: &Response) -> u32 {
    let headers = response.headers.iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + 64)
        .sum();
    u32::try_from(response.body.len() + headers + OVERHEAD).unwrap_or(u32::MAX)
}

fn forbids_storing(response: &Response) -> bool {
    let directives = response.headers.get_all(CACHE_CONTROL).iter();
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
