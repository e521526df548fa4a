//! What every log line about a retried call says.

use crate::signal::ErrorText;

/// What every log line about a retried call says.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only logs read it"))]
pub(crate) struct RetryLine<'a> {
    /// The name of the retry.
    pub(crate) retry: Option<&'a str>,
    /// The number of attempts that have failed.
    pub(crate) attempt: u32,
    pub(crate) max_attempts: u32,
    /// The text about the last error.
    pub(crate) error: Option<&'a ErrorText>,
    /// The name of the budget that pays for the retries.
    pub(crate) budget: Option<&'a str>,
    /// The tokens that the budget has left.
    pub(crate) tokens: Option<u32>,
}
