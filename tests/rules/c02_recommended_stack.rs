//! Rule C2: the recommended stack of attributes works as documented. A host that hangs opens its
//! circuit, and a caller with little time does not.

mod attributes;
mod hurried_callers;
mod outer_call_first;
mod policy_calls;

use std::time::Duration;

use resilient::retries::RetryCall;
use resilient::{CircuitBreaker, RetryPolicy};

use crate::support::cuts::{Late, never};
use crate::support::retry::{at_once, breaker};

/// Returns how many calls failed and how many were abandoned.
fn counts(breaker: &CircuitBreaker) -> (u64, u64) {
    let totals = breaker.snapshot().totals;
    (totals.failure, totals.abandoned)
}

fn limited(
    policy: &RetryPolicy,
    deadline: impl Into<Option<Duration>>,
    attempt_timeout: impl Into<Option<Duration>>,
) -> RetryCall<'_, Result<(), Late>> {
    let mut call = policy.call();
    if let Some(deadline) = deadline.into() {
        call = call.deadline(deadline);
    }
    if let Some(attempt_timeout) = attempt_timeout.into() {
        call = call.attempt_timeout(attempt_timeout);
    }
    call
}

/// Makes one call with one attempt, which hangs.
async fn hang(
    deadline: impl Into<Option<Duration>>,
    attempt_timeout: impl Into<Option<Duration>>,
) -> (u64, u64) {
    let (policy, breaker) = (at_once(0), breaker(3));
    let result = limited(&policy, deadline, attempt_timeout).through(&breaker);
    assert!(result.run(|_| never()).await.is_err());
    counts(&breaker)
}

const FAILED: (u64, u64) = (1, 0);
const ABANDONED: (u64, u64) = (0, 1);
