//! Answers that are kept: handed out again while they are young, and, if that is asked for, while the circuit is open.

mod config;
mod counts;
mod flight;
mod kept;
mod key;
mod store;

pub use self::config::CacheConfig;
pub use self::counts::CacheCounts;
pub(crate) use self::kept::Kept;
pub use self::store::ResponseCache;
