//! Helpers of the tests from `worst_case`.

use resilient::retries::{RetryPolicyBuilder, WorstCase};

use crate::support::retry::build;

pub(crate) fn worst(settings: &RetryPolicyBuilder) -> WorstCase {
    build(settings).worst_case()
}
