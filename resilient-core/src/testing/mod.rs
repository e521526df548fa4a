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
//! A scope covers all calls under `#[retry]` or a [`RetryPolicy`](crate::retry::RetryPolicy) that
//! the same task or thread makes inside the scope, at any depth. It does not cover tasks or threads
//! that are started inside the scope, unless they run in a clone of the scope. Tests that run at
//! the same time have separate scopes.
//!
//! # Breakers
//!
//! All tests of a program share the breaker of an annotated function. Begin a test with
//! `Registry::global().named("payments").close()`, give each test its own breaker with `breaker =
//! …`, or run such tests one at a time. If the breaker uses the scope's [`clock`](Scope::clock),
//! skipped sleeps also advance its recovery time.

mod recorded;
mod scope;

pub use self::recorded::RecordedCall;
pub use self::scope::{Scope, Scoped, skips_sleeps};
pub use crate::platform::random::seed_thread;
pub use crate::time::ManualClock;
