#![doc = include_str!("../README.md")]

// The facade's own tests and examples use the attributes, which name it.
extern crate self as resilient;

// Types only: a module `retry` here would be imported with the attribute, and clash with a `mod retry` of the user's.
// `Clock`, and what the core's features add.
pub use resilient_core::time::*;
pub use resilient_core::{
    Abandoned, Attempt, Backoff, BreakerConfig, BreakerConfigBuilder, CircuitBreaker, CircuitOpen,
    Class, Classify, ConfigError, Counts, Event, EventKind, GiveUp, GiveUpEvent, Jitter,
    ListenerId, NameTaken, Outcome, Output, Permit, Reason, Registry, Rejected, ReportsOpen, Retry,
    RetryEvent, RetryPolicy, RetryPolicyBuilder, Snapshot, State, Transition, TransitionCounts,
    TransitionRefused, WhenOpen,
};
#[cfg(feature = "macros")]
pub use resilient_macros::{Classify, circuit_breaker, retry};

#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

#[doc(hidden)]
pub use resilient_core::__private;
