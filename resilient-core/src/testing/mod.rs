//! For the tests of code that uses this crate: calls whose sleeps take no time, whose delays repeat, and that can be asked
//! what they did.
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
//! All calls under `#[retry]` or a [`RetryPolicy`](crate::retry::RetryPolicy) that are made in it, however deep, in the same task or
//! thread; not those of tasks or threads that are started in it, unless they run in a clone of it. Tests that run at the same
//! time have scopes of their own and do not see each other's.
//!
//! # Breakers
//!
//! The breaker of an annotated function is shared by all tests of a program. Let a test begin with
//! `Registry::global().named("payments").close()`, give each test a breaker of its own with `breaker = …`, or run such tests
//! one at a time. To pass the recovery time, give the breaker the scope's
//! [`clock`](Scope::clock).

mod recorded;
mod scope;

pub use self::recorded::RecordedCall;
pub use self::scope::{Scope, Scoped};
use crate::platform::random;
pub use crate::time::ManualClock;

/// Makes the random numbers of this thread repeat: those of delays without a
/// [seed](crate::retry::RetryPolicyBuilder::seed), and of `recovery_jitter`.
pub fn seed_thread(seed: u64) {
    random::seed_thread(seed);
}
