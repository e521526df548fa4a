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
    CircuitBreaker, CircuitOpen, Class, Classify, ConfigError, Counts, Event, EventKind,
    FailedAttempt, GiveUp, GiveUpEvent, Jitter, KeyedBreakers, Limit, ListenerId, Mode, NameTaken,
    Nested, Outcome, Output, Override, OverrideError, Overrides, Permit, Reason, Registry,
    Rejected, ReportsOpen, ReportsTimeout, Reservation, Retry, RetryBudget, RetryError, RetryEvent,
    RetryPolicy, RetryPolicyBuilder, Selection, Snapshot, State, Subscription, TimeInState,
    TimedOut, TimesOut, Transition, TransitionCounts, TransitionRefused, WhenOpen, Window,
    WindowCounts,
};
#[cfg(feature = "macros")]
pub use resilient_macros::{Classify, circuit_breaker, retry};

#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

/// For those who run services: how to choose settings, and what to do with breakers in production.
pub mod guide {
    #[doc = include_str!("../docs/settings.md")]
    pub mod settings {}

    #[doc = include_str!("../docs/operating.md")]
    pub mod operating {}
}

#[doc(hidden)]
pub use resilient_core::__private;
