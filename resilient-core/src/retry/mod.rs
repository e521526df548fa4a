//! Retries: run a failed call again after a jittered delay, a bounded number of times.
//!
//! A [`RetryPolicy`] holds the settings. [`RetryPolicy::call`] makes a call under the policy.
//! `#[retry]` writes the same loop into a function. Both loops use a [`RetryDriver`], which does no
//! I/O.
//!
//! # Cancel safety
//!
//! A retried call can be dropped at any await point, in an attempt or in a sleep. A dropped call
//! leaves no task, timer or permit behind, and no attempt follows.

mod attempt;
#[cfg(feature = "tokio")]
mod attempt_future;
#[cfg(feature = "tokio")]
mod attempt_gate;
mod attempt_log;
mod attempt_number;
mod backoff;
mod budget;
#[cfg(feature = "tokio")]
mod call;
#[cfg(feature = "tokio")]
mod call_hooks;
mod call_options;
mod circuit_pause;
mod delays;
mod driver;
mod error;
mod error_log;
mod jitter;
mod last_output;
mod limits;
mod marked;
mod named;
mod nanos;
mod nested;
#[cfg(feature = "tokio")]
mod output_classifier;
#[cfg(feature = "tokio")]
mod pause;
#[cfg(feature = "tokio")]
mod permitted_attempt;
mod policy;
mod random;
mod report_cut;
#[cfg(feature = "tokio")]
mod run_call;
#[cfg(feature = "tokio")]
mod running_pause;
mod schedule;
#[cfg(feature = "tokio")]
mod setup;
#[cfg(feature = "tokio")]
mod success_permit;
mod test_hook;
mod worst_case;

pub use self::attempt::{Attempt, GiveUpEvent, RetryEvent, WaitEvent};
#[cfg(feature = "tokio")]
pub use self::attempt_future::AttemptFuture;
#[cfg(feature = "tokio")]
pub use self::attempt_gate::AttemptGate;
pub use self::attempt_log::AttemptLog;
pub use self::attempt_number::attempt_number;
pub use self::backoff::Backoff;
pub(crate) use self::budget::LiveBudgetSettings;
pub use self::budget::{
    BudgetConfig, BudgetConfigBuilder, BudgetCounts, BudgetSnapshot, Reservation, RetryBudget,
};
#[cfg(feature = "tokio")]
pub use self::call::RetryCall;
#[cfg(feature = "tokio")]
pub use self::call_hooks::{CallHooks, GivenHooks, NoHooks};
pub use self::call_options::CallOptions;
pub(crate) use self::circuit_pause::{GrantedPause, block};
pub use self::delays::{Delays, NominalDelays};
#[cfg(feature = "tokio")]
pub use self::driver::OwnedRetryDriver;
pub(crate) use self::driver::TextSetting;
pub use self::driver::{AttemptEnd, RetryDriver};
pub use self::error::{FailedAttempt, RetryError};
pub use self::error_log::{ErrorLog, LoggedOutput};
pub use self::jitter::Jitter;
pub use self::last_output::{LastOutput, ShownOutput};
pub use self::marked::Marked;
pub(crate) use self::named::{DeclaredLimits, RetryOverlay, RetryRecord};
pub use self::named::{
    GiveUpCounts, NamedPolicy, NamedRetry, RetryCell, RetryCounts, RetryFailure, RetrySnapshot,
};
pub use self::nested::NestedMode;
#[cfg(feature = "tokio")]
pub use self::output_classifier::{
    ByClassify, BySource, Described, EveryFailure, OutputClassifier,
};
#[cfg(feature = "tokio")]
pub use self::pause::Pause;
#[cfg(feature = "tokio")]
pub use self::permitted_attempt::PermittedAttempt;
pub use self::policy::{RetryPolicy, RetryPolicyBuilder, RetrySettings, WhenOpen};
#[cfg(feature = "tokio")]
pub use self::report_cut::report_cancelled;
pub(crate) use self::report_cut::report_cut;
#[cfg(feature = "tokio")]
pub use self::setup::RetrySetup;
#[cfg(feature = "test-util")]
pub(crate) use self::test_hook::{CallRecord, install};
pub use self::worst_case::WorstCase;
pub use crate::signal::{FromTimedOut, StopReason, TimeLimit, TimedOut, TimedOutOutput};
