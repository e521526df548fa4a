//! Cached responses. A response is used while it is fresh and, if configured, after that while the
//! circuit is open.

mod cache_control;
mod cached_calls;
mod config;
mod counts;
mod in_flight;
mod key;
mod lifetime;
mod store;

pub(crate) use self::cached_calls::CachedCalls;
pub use self::config::CacheConfig;
pub use self::counts::CacheCounts;
pub use self::store::ResponseCache;
