//! Helpers of the tests of retry loops that wait for a circuit.

use resilient::retries::{RetryPolicyBuilder, WhenOpen};

use crate::support::retry::exact;

pub(crate) fn waiting() -> RetryPolicyBuilder {
    exact().when_open(WhenOpen::Wait)
}
