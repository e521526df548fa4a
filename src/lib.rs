//! Circuit breakers and retries as attributes.

// The facade's own tests and examples use the attributes, which name it.
extern crate self as resilient;

pub use resilient_core::{
    Attempt, BreakerConfig, CircuitBreaker, CircuitOpen, Class, Classify, ConfigError, Event,
    EventKind, GiveUp, ListenerId, NameTaken, Outcome, Output, Permit, Registry, Rejected,
    ReportsOpen, RetryPolicy, State, breaker, retry, time,
};
#[cfg(feature = "macros")]
pub use resilient_macros::{circuit_breaker, retry};

#[doc(hidden)]
pub use resilient_core::__private;
