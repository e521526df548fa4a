#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The tests and examples of this crate use the attributes, whose expansions name the crate.
extern crate self as resilient;

// These are the attributes, and the types that most programs name.
pub use resilient_core::breaker::{BreakerConfig, CircuitBreaker, CircuitOpen, FromCircuitOpen};
pub use resilient_core::registry::Registry;
pub use resilient_core::retry::{
    Attempt, FromTimedOut, RetryBudget, RetryError, RetryPolicy, TimedOut,
};
pub use resilient_core::signal::{Classification, Classify, ConfigError, Outcome};
#[cfg(feature = "macros")]
pub use resilient_macros::{Classify, circuit_breaker, fallback, retry, timeout};

/// Circuit breakers: their settings, states, permits and snapshots.
pub mod breaker {
    pub use resilient_core::breaker::{
        AbandonedOutcome, BreakerConfig, BreakerConfigBuilder, BreakerSnapshot, CallCounts,
        CircuitBreaker, CircuitOpen, CircuitState, Condition, FailureRecord, FromCircuitOpen,
        ManualChange, Opening, OperatorMode, OperatorNote, OwnedPermit, Permit, PermitFuture,
        RejectedOutput, RejectionCounts, TimeInState, Transition, TransitionCounts,
        TransitionError, TransitionReason, Window, WindowCounts,
    };
    pub use resilient_core::keyed::{BreakerKey, KeyedBreakers};
}

/// Retries: policies, delays, time limits, and the report of a failed call.
///
/// The module is not named `retry`: `use resilient::retry;` would import the module as well as the
/// attribute, and would clash with a module `retry` of the user.
pub mod retries {
    pub use resilient_core::retry::{
        Attempt, AttemptEnd, Backoff, Delays, FailedAttempt, FromTimedOut, GiveUpCounts,
        GiveUpEvent, Jitter, NamedRetry, NestedMode, NominalDelays, RetryCounts, RetryDriver,
        RetryError, RetryEvent, RetryFailure, RetryPolicy, RetryPolicyBuilder, RetrySnapshot,
        StopReason, TimeLimit, TimedOut, TimedOutOutput, WaitEvent, WhenOpen, WorstCase,
    };
    #[cfg(feature = "tokio")]
    pub use resilient_core::retry::{
        AttemptGate, ByClassify, BySource, CallHooks, Described, EveryFailure, GivenHooks, NoHooks,
        OutputClassifier, RetryCall, remaining_time,
    };
}

/// Retry budgets, which limit the retries to one dependency during an outage.
pub mod budget {
    pub use resilient_core::retry::{
        BudgetConfig, BudgetConfigBuilder, BudgetCounts, BudgetSnapshot, Reservation, RetryBudget,
    };
}

/// The registry, which finds breakers and budgets by name, and the overrides that operators set.
pub mod registry {
    #[cfg(feature = "toml")]
    pub use resilient_core::registry::LoadError;
    pub use resilient_core::registry::{
        BreakerOverride, BudgetOverride, Lease, NameTakenError, OverrideError, OverrideReport,
        OverrideSnapshot, OverrideStatus, OverrideTable, OverrideTarget, Overrides, Registry,
        RetryOverride, Selection, UniqueName,
    };
    #[cfg(feature = "inventory")]
    pub use resilient_core::{AnnotatedFunction, AnnotatedKind};
}

/// Settings as text, as attributes, builders and files accept them; and settings in force, with
/// their origins.
pub mod settings {
    pub use resilient_core::signal::{
        ChangedSetting, SettingInForce, SettingOrigin, SettingValue, SettingsChange,
        SettingsInForce,
    };
    pub use resilient_core::{IntoSetting, TextError, parse_duration, parse_share};
}

/// Events of breakers, budgets and retries, and subscriptions to them.
pub mod events {
    pub use resilient_core::event::{Event, EventKind, EventSource, ListenerId, Subscription};
    pub use resilient_core::signal::UnusedOverride;
}

/// The meaning of a call's outcome to breakers and retries.
pub mod outcome {
    pub use resilient_core::signal::{
        Classification, Classify, ErrorText, Fallible, Outcome, error_chain,
    };
}

/// Sources of monotonic time.
pub mod time {
    #[cfg(feature = "coarse-clock")]
    pub use resilient_core::time::CoarseClock;
    pub use resilient_core::time::*;
}

// The examples of the guides need more crates, so the package `tests` tests them.
#[cfg(not(doctest))]
#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

/// Guides for operators of services: how to choose settings, and how to handle breakers in
/// production.
#[cfg(not(doctest))]
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
