//! The target of the client's log lines and spans.

/// A subscriber filters by it, for example with `resilient::http=info`.
pub(crate) const HTTP: &str = "resilient::http";
