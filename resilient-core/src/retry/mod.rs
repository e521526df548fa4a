//! Retries: try a failed call again, later, a bounded number of times, and never in step with everybody else.
//!
//! A [`RetryPolicy`] is settings; [`RetryDriver`] drives the loop of one call. `#[retry]` writes the loop into a function;
//! [`RetryPolicy::run`] is the same loop around a closure.
//!
//! # Cancel safety
//!
//! A retried call can be dropped at any await point, in an attempt or in the sleep between two: there is no task, no timer
//! and no permit left, and no further attempt.

mod attempt;
mod backoff;
mod budget;
#[cfg(feature = "tokio")]
mod call;
mod delays;
mod driver;
mod error;
mod jitter;
#[cfg(feature = "tokio")]
mod limited;
mod limits;
mod nanos;
mod nested;
mod observed;
mod policy;
mod random;
mod record;
#[cfg(feature = "tokio")]
mod run;
mod schedule;
mod scope;
mod terms;
mod worst_case;

pub use self::attempt::{Attempt, GiveUpEvent, RetryEvent};
pub use self::backoff::Backoff;
pub use self::budget::{
    BudgetConfig, BudgetConfigBuilder, BudgetCounts, BudgetSnapshot, Reservation, RetryBudget,
};
#[cfg(feature = "tokio")]
pub use self::call::RetryCall;
pub use self::delays::{Delays, NominalDelays};
pub use self::driver::RetryDriver;
pub use self::error::{FailedAttempt, RetryError};
pub use self::jitter::Jitter;
#[cfg(feature = "tokio")]
pub(crate) use self::limited::timeout;
#[cfg(feature = "tokio")]
pub use self::limited::{Attempted, Limited};
pub(crate) use self::limits::report_cut;
pub use self::nested::NestedMode;
pub use self::policy::{RetryPolicy, RetryPolicyBuilder, WhenOpen};
pub use self::record::{Kept, Last, Record, Recorded};
pub use self::scope::Entered;
pub use self::terms::Terms;
pub use self::worst_case::WorstCase;
pub use crate::signal::StopReason;
pub use crate::signal::{FromTimedOut, TimeLimit, TimedOut, TimedOutOutput};
