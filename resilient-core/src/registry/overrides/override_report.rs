//! The effect of overrides that were accepted.

/// The effect of overrides that were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OverrideReport {
    /// Names of overrides whose breakers exist. The overrides apply to these breakers now.
    pub live: Vec<String>,
    /// Names of overrides whose breakers do not exist yet. A misspelt name also appears here. The
    /// breaker of an annotated function exists from the first call of the function.
    pub waiting: Vec<String>,
    /// Names of overrides whose retry budgets exist.
    pub live_budgets: Vec<String>,
    /// Names of overrides whose retry budgets do not exist yet.
    pub waiting_budgets: Vec<String>,
    /// Names of overrides whose retries exist. The overrides apply to these retries now.
    pub live_retries: Vec<String>,
    /// Names of overrides whose retries do not exist yet. The retry of an annotated function exists
    /// from the first call of the function.
    pub waiting_retries: Vec<String>,
}
