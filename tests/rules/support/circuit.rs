//! Helpers of the tests from `circuit`.

use resilient::retries::{RetryPolicyBuilder, WhenOpen};

use crate::support::retry::exact;

pub(crate) fn waiting() -> RetryPolicyBuilder {
    exact().when_open(WhenOpen::Wait)
}
