#![doc = include_str!("../README.md")]

// The facade's own tests and examples use the attributes, which name it.
extern crate self as resilient;

pub use resilient_core::{
    Attempt, BreakerConfig, CircuitBreaker, CircuitOpen, Class, Classify, ConfigError, Event,
    EventKind, GiveUp, GiveUpEvent, ListenerId, NameTaken, Outcome, Output, Permit, Reason,
    Registry, Rejected, ReportsOpen, RetryEvent, RetryPolicy, Snapshot, State, Transition, breaker,
    retry, time,
};
#[cfg(feature = "macros")]
pub use resilient_macros::{circuit_breaker, retry};

#[doc(hidden)]
pub use resilient_core::__private;
