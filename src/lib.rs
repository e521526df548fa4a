#![doc = include_str!("../README.md")]

// The facade's own tests and examples use the attributes, which name it.
extern crate self as resilient;

// Types only: a module `retry` here would be imported with the attribute, and clash with a `mod retry` of the user's.
// `Clock`, and what the core's features add.
#[cfg(feature = "inventory")]
pub use resilient_core::AnnotatedFunction;
#[cfg(feature = "coarse-clock")]
pub use resilient_core::CoarseClock;
#[cfg(feature = "toml")]
pub use resilient_core::LoadError;
#[cfg(feature = "tokio")]
pub use resilient_core::RetryCall;
pub use resilient_core::time::*;
pub use resilient_core::{
    Abandoned, Applied, Attempt, Backoff, BreakerConfig, BreakerConfigBuilder, BreakerKey,
    BudgetConfig, BudgetConfigBuilder, BudgetCounts, BudgetOverride, BudgetSnapshot,
    CircuitBreaker, CircuitOpen, Class, Classify, ConfigError, Counts, Delays, Event, EventKind,
    EventSource, FailedAttempt, GiveUp, GiveUpEvent, Jitter, KeyedBreakers, Limit, ListenerId,
    Mode, NameTaken, Nested, NominalDelays, Outcome, Output, Override, OverrideError, Overrides,
    Permit, Reason, Registry, Rejected, ReportsOpen, ReportsTimeout, Reservation, Retry,
    RetryBudget, RetryError, RetryEvent, RetryPolicy, RetryPolicyBuilder, Selection, Snapshot,
    State, Subscription, TimeInState, TimedOut, TimesOut, Transition, TransitionCounts,
    TransitionRefused, WhenOpen, Window, WindowCounts, WorstCase,
};
#[cfg(feature = "macros")]
pub use resilient_macros::{Classify, circuit_breaker, fallback, retry, timeout};

#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

/// For those who run services: how to choose settings, and what to do with breakers in production.
pub mod guide {
    #[doc = include_str!("../docs/settings.md")]
    pub mod settings {}

    #[doc = include_str!("../docs/operating.md")]
    pub mod operating {}

    #[doc = include_str!("../docs/retries.md")]
    #[doc = ""]
    #[doc = include_str!("../docs/retries-simulation.md")]
    pub mod retries {}
}

#[cfg(feature = "test-util")]
pub use resilient_core::testing;

#[doc(hidden)]
pub use resilient_core::__private;
