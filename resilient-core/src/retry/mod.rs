//! Retries: try a failed call again, later, a bounded number of times, and never in step with everybody else.
//!
//! A [`RetryPolicy`] is settings; [`Retry`] drives the loop of one call. `#[retry]` writes the loop into a function;
//! [`RetryPolicy::run`] is the same loop around a closure.
//!
//! # Cancel safety
//!
//! A retried call can be dropped at any await point, in an attempt or in the sleep between two: there is no task, no timer
//! and no permit left, and no further attempt.

mod attempt;
mod backoff;
mod delays;
mod driver;
mod jitter;
mod nanos;
mod policy;
mod random;
#[cfg(feature = "tokio")]
mod run;
mod schedule;
mod worst_case;

#[cfg(test)]
mod driver_tests;

pub use self::attempt::{Attempt, GiveUpEvent, RetryEvent};
pub use self::backoff::Backoff;
pub use self::delays::{Delays, NominalDelays};
pub use self::driver::{GiveUp, Retry};
pub use self::jitter::Jitter;
pub use self::policy::{RetryPolicy, RetryPolicyBuilder, WhenOpen};
pub use self::worst_case::WorstCase;
