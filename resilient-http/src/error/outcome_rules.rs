//! The part of the outcome table that a client can change.

/// The statuses of servers that are overloaded or that fail only temporarily.
const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutcomeRules {
    pub(crate) retried: Vec<u16>,
    pub(crate) counts_rate_limits: bool,
    /// Error codes for which a retry does not help.
    pub(crate) permanent: Vec<String>,
}

impl Default for OutcomeRules {
    fn default() -> Self {
        Self { retried: RETRIED.to_vec(), counts_rate_limits: false, permanent: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn the_defaults_are_the_statuses_that_the_classifier_retries() {
        let statuses = (100..=599).filter(|status| {
            let status = StatusCode::from_u16(*status).unwrap();
            resilient_classify::http_status(status).is_some_and(|class| class.retry)
        });
        assert_eq!(OutcomeRules::default().retried, statuses.collect::<Vec<_>>());
    }
}
