//! An operator's override of a retry, as the calls read it.

use std::time::Duration;

use crate::retry::policy::{RetryPolicy, RetrySettings};
use crate::signal::ConfigError;

/// The settings of an operator's override. They win over the settings of each call.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RetryOverlay {
    pub(crate) settings: RetrySettings,
    pub(crate) deadline: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
}

impl RetryOverlay {
    /// Returns the policy of a call under this override. A setting that contradicts the code is
    /// replaced with its default, and returned as an error.
    pub(crate) fn over(&self, policy: &RetryPolicy) -> (RetryPolicy, Vec<ConfigError>) {
        let (mut policy, errors, seed) = {
            let (over, errors) = self.settings.over(policy).build_leniently();
            (over, errors, policy.seed)
        };
        policy.seed = seed;
        (policy, errors)
    }

    /// Returns whether a call must know the override when it starts, and not only after a failure.
    pub(super) fn concerns_start(&self) -> bool {
        self.settings.max_elapsed.is_some()
            || self.deadline.is_some()
            || self.attempt_timeout.is_some()
    }

    /// Returns the deadline and the attempt timeout of a call whose code gives `own`. A limit
    /// applies only where the code has declared it, because only then the output of the call can
    /// hold a [`TimedOut`](crate::retry::TimedOut).
    pub(super) fn limits(
        &self,
        declared: DeclaredLimits,
        own: [Option<Duration>; 2],
    ) -> [Option<Duration>; 2] {
        [
            self.deadline.filter(|_| declared.deadline).or(own[0]),
            self.attempt_timeout.filter(|_| declared.attempt_timeout).or(own[1]),
        ]
    }
}

/// The time limits that the code of a retry declares. Only these can be overridden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DeclaredLimits {
    pub(crate) deadline: bool,
    pub(crate) attempt_timeout: bool,
}
