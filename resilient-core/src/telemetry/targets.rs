//! The targets of log lines and spans: one for each kind.
//!
//! Subscribers filter by target, for example with `resilient::retry=debug`. The names do not follow
//! the modules of this crate, so they stay when code moves.

/// What circuit breakers do: changes of state and rejected calls.
pub(super) const BREAKER: &str = "resilient::breaker";
/// What retries, their time limits and fallbacks do.
pub(super) const RETRY: &str = "resilient::retry";
/// Budgets that run out of tokens.
pub(super) const BUDGET: &str = "resilient::budget";
/// What servers do with the deadlines of callers in other processes.
pub(super) const DEADLINE: &str = "resilient::deadline";
/// Settings that changed, contradict each other, or are invalid.
pub(super) const SETTINGS: &str = "resilient::settings";
