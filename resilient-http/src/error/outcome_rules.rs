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
