//! An operator's override of one retry.

use std::time::Duration;

use crate::retry::{RetryOverlay, RetryPolicyBuilder};

/// An operator's override of one retry. It wins over the code.
///
/// ```
/// use resilient_core::registry::Registry;
/// use resilient_core::retry::RetryPolicy;
///
/// let registry = Registry::new();
/// let stock = registry.get_or_register_retry("stock", RetryPolicy::default());
/// registry.override_retry("stock", RetryPolicy::builder().max_retries(0))?;
/// assert_eq!(stock.snapshot().policy.worst_case().attempts(), 1);
/// # Ok::<(), resilient_core::registry::OverrideError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RetryOverride {
    /// Settings that win over the settings in the code.
    pub settings: RetryPolicyBuilder,
    /// The time for the whole call. It applies only to calls whose code sets a deadline, because
    /// only their output can hold a [`TimedOut`](crate::retry::TimedOut).
    pub deadline: Option<Duration>,
    /// The time for each attempt. It applies only to calls whose code sets an attempt timeout.
    pub attempt_timeout: Option<Duration>,
}

impl RetryOverride {
    /// Sets the time for the whole call.
    #[must_use]
    pub fn with_deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets the time for each attempt.
    #[must_use]
    pub fn with_attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    pub(super) fn overlay(&self) -> RetryOverlay {
        RetryOverlay::new(self.settings.settings, self.deadline, self.attempt_timeout)
    }
}

impl From<RetryPolicyBuilder> for RetryOverride {
    fn from(settings: RetryPolicyBuilder) -> Self {
        Self { settings, ..Self::default() }
    }
}
