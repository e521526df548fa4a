//! The four attributes of this crate.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttributeKind {
    Retry,
    CircuitBreaker,
    Timeout,
    Fallback,
}

impl AttributeKind {
    const ALL: [Self; 4] = [Self::Retry, Self::CircuitBreaker, Self::Timeout, Self::Fallback];

    /// Returns the name that users write.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::CircuitBreaker => "circuit_breaker",
            Self::Timeout => "timeout",
            Self::Fallback => "fallback",
        }
    }

    /// Returns the attribute that has this name, or `None` if no attribute has this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
