//! The part of the outcome table that a client can change.

/// Worth another attempt: the server's own trouble, and its plea for patience.
const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// What of the table can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutcomeRules {
    pub(crate) retried: Vec<u16>,
    pub(crate) counts_rate_limits: bool,
    /// Codes of errors that stay.
    pub(crate) permanent: Vec<String>,
}

impl Default for OutcomeRules {
    fn default() -> Self {
        Self {
            retried: RETRIED.to_vec(),
            counts_rate_limits: false,
            permanent: Vec::new(),
        }
    }
}
