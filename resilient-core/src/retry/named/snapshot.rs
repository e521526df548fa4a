//! A named retry at one instant.

use std::time::Instant;

use super::counts::RetryCounts;
use super::failure::RetryFailure;
use crate::retry::policy::RetryPolicy;
use crate::signal::SettingsInForce;

/// A named retry at one instant. Taking a snapshot changes nothing.
///
/// Counts and failures are read together, so they are consistent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetrySnapshot {
    /// The name of the retry.
    pub name: String,
    /// When the snapshot was taken.
    pub at: Instant,
    /// The settings that apply now, with the override. If several functions have the name, these
    /// are the settings of the first one; each keeps its own under the override.
    pub policy: RetryPolicy,
    /// Whether an operator's override is in force.
    pub is_overridden: bool,
    /// The settings that apply now, each with its origin.
    pub settings_with_origin: SettingsInForce,
    /// The calls that did not succeed at their first attempt.
    pub counts: RetryCounts,
    /// The last four failed attempts, oldest first. An attempt is among them if its error is a
    /// failure of the dependency, or if it is worth a retry.
    pub last_failures: Vec<RetryFailure>,
}
