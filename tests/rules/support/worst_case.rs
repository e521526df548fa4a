//! Helpers of the tests of worst cases.

use resilient::retries::{RetryPolicyBuilder, WorstCase};

use crate::support::retry::build;

pub(crate) fn worst(settings: &RetryPolicyBuilder) -> WorstCase {
    build(settings).worst_case()
}
