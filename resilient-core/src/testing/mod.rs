//! Support for tests of code that retries: sleeps take no time, delays repeat, and calls are
//! recorded.
//!
//! ```
//! use resilient_core::testing::Scope;
//! use resilient_core::retry::{Jitter, RetryPolicy, StopReason};
//! use std::time::Duration;
//!
//! // The code under test.
//! async fn fetch_stock() -> Result<u32, &'static str> {
//!     RetryPolicy::DEFAULT.call().run(async |_| Err("connection refused")).await
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let scope = Scope::new();
//! assert_eq!(scope.run(fetch_stock()).await, Err("connection refused"));
//!
//! let call = scope.call();
//! assert_eq!(call.attempts(), 4);
//! assert_eq!(call.gave_up(), Some(StopReason::Exhausted));
//! assert!(call.delays().iter().all(|delay| *delay <= Duration::from_millis(400)));
//! # });
//! ```
//!
//! # What a scope reaches
//!
//! A scope reaches all calls under `#[retry]` or a [`RetryPolicy`](crate::retry::RetryPolicy) that
//! the same task or thread makes in it, however deep. It does not reach tasks or threads that are
//! started in it, unless they run in a clone of it. Tests that run at the same time have separate
//! scopes.
//!
//! # Breakers
//!
//! The breaker of an annotated function is shared by all tests of a program. Let a test begin with
//! `Registry::global().named("payments").close()`, give each test its own breaker with
//! `breaker = …`, or run such tests one at a time. To pass the recovery time, give the breaker the
//! scope's [`clock`](Scope::clock).

mod recorded;
mod scope;

pub use self::recorded::RecordedCall;
pub use self::scope::{Scope, Scoped};
pub use crate::platform::random::seed_thread;
pub use crate::time::ManualClock;
