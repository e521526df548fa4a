//! What all calls of a service have in common: the policy, the limits and the budget.

use std::panic::Location;
use std::time::Duration;

use super::budget::RetryBudget;
use super::call_options::CallOptions;
use super::named::{DeclaredLimits, NamedPolicy, NamedRetry};
use super::nested::NestedMode;
use super::policy::RetryPolicy;

/// The policy, the time limits and the budget of calls whose future is written by hand, such as
/// those of a tower service. An [`OwnedRetryDriver`](super::OwnedRetryDriver) makes a call with it.
///
/// | setting | default |
/// |---|---|
/// | [`budget`](Self::budget) | no budget |
/// | [`deadline`](Self::deadline), [`attempt_timeout`](Self::attempt_timeout) | none |
/// | [`nested`](Self::nested) | [`NestedMode::Warn`] |
#[derive(Debug, Clone)]
#[must_use]
pub struct RetrySetup {
    policy: Policy,
    budget: Option<RetryBudget>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    nested: NestedMode,
    place: Option<&'static Location<'static>>,
}

#[derive(Debug, Clone)]
enum Policy {
    Unnamed(RetryPolicy),
    Named(NamedRetry),
}

impl RetrySetup {
    fn of(policy: Policy) -> Self {
        Self {
            policy,
            budget: None,
            deadline: None,
            attempt_timeout: None,
            nested: NestedMode::Warn,
            place: None,
        }
    }

    /// Pays for retries from a budget that all calls to one dependency share.
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Limits the time of the whole call, sleeps included: see
    /// [`RetryCall::deadline`](super::RetryCall::deadline).
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Limits the time of each attempt. An attempt that takes longer is cancelled, counts as a
    /// failure and is retried.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// Sets what a call does if it runs inside an attempt of another retry loop.
    pub fn nested(mut self, nested: NestedMode) -> Self {
        self.nested = nested;
        self
    }

    /// Sets the source location that the report of a nested loop names. Default: where the calls
    /// are made.
    pub fn located_at(mut self, place: &'static Location<'static>) -> Self {
        self.place = Some(place);
        self
    }

    /// Returns the name of the retry, or `None` if the policy has no name.
    #[must_use]
    pub fn retry_name(&self) -> Option<&str> {
        match &self.policy {
            Policy::Unnamed(_) => None,
            Policy::Named(retry) => Some(retry.name()),
        }
    }

    pub(super) fn place(&self) -> Option<&'static Location<'static>> {
        self.place
    }

    pub(super) fn named_policy(&self) -> NamedPolicy<'_> {
        match &self.policy {
            Policy::Unnamed(policy) => policy.into(),
            Policy::Named(retry) => retry.named_policy(),
        }
    }

    /// Returns the options of a call that starts now.
    pub(super) fn starting_now(&self) -> CallOptions<'_> {
        let policy = self.named_policy();
        let declared = DeclaredLimits {
            deadline: self.deadline.is_some(),
            attempt_timeout: self.attempt_timeout.is_some(),
        };
        let [deadline, attempt_timeout] =
            policy.limits(declared, [self.deadline, self.attempt_timeout]);
        let options = self.options().limits(deadline, attempt_timeout);
        if policy.is_timed { options.timed() } else { options }
    }

    /// Returns the options of a call without its time limits.
    pub(super) fn options(&self) -> CallOptions<'_> {
        CallOptions::new().budgeted(self.budget.as_ref()).nested(self.nested)
    }
}

impl From<RetryPolicy> for RetrySetup {
    fn from(policy: RetryPolicy) -> Self {
        Self::of(Policy::Unnamed(policy))
    }
}

impl From<NamedRetry> for RetrySetup {
    fn from(retry: NamedRetry) -> Self {
        Self::of(Policy::Named(retry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // R10
    #[test]
    fn a_setup_without_limits_reads_no_clock() {
        let options = |setup: RetrySetup| setup.starting_now().started;
        assert_eq!(options(RetryPolicy::DEFAULT.into()), None);
        assert_eq!(options(RetryPolicy::DEFAULT.named("r10").into()), None);
        let limited = RetrySetup::from(RetryPolicy::DEFAULT).deadline(Duration::from_secs(1));
        assert!(options(limited).is_some());
        let timed = RetryPolicy::builder().max_elapsed("1s").build().unwrap();
        assert!(options(timed.into()).is_some());
    }
}
