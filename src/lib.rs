//! Circuit breakers and retries as attributes.

pub use resilient_core::{
    Attempt, BreakerConfig, CircuitBreaker, CircuitOpen, Class, Classify, ConfigError, Event,
    EventKind, GiveUp, ListenerId, NameTaken, Outcome, Output, Permit, Registry, Rejected,
    ReportsOpen, RetryPolicy, State, breaker, retry, time,
};

#[doc(hidden)]
pub use resilient_core::__private;
