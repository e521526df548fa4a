#![doc = include_str!("links.md")]
#![doc = include_str!("outage_picture.md")]
// The code of the page is copied from tested files, so rustdoc does not test it again.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![allow(clippy::doc_markdown, reason = "it takes the targets in `links.md` for names in prose")]
#![allow(clippy::test_attr_in_doctest, reason = "the pages show tests of users")]
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
        ManualChange, Opening, OperatorMode, OperatorNote, OwnedPermit, OwnedPermitFuture, Permit,
        PermitFuture, RejectedOutput, RejectionCounts, TimeInState, Transition, TransitionCounts,
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
        attempt_number,
    };
    #[cfg(feature = "tokio")]
    pub use resilient_core::retry::{
        AttemptGate, ByClassify, BySource, CallHooks, Described, EveryFailure, GivenHooks, NoHooks,
        OutputClassifier, OwnedRetryDriver, RetryCall, RetrySetup, report_cancelled,
    };
}

/// The deadline of the running code, across function calls, tasks and processes.
pub mod deadline {
    pub use resilient_core::deadline::{
        CallerContext, CarriedFuture, HopCounts, HopFormat, HopReader, SEND_MARGIN, carry,
        carry_blocking, remaining, scope_blocking, time_to_send,
    };
    #[cfg(feature = "tokio")]
    pub use resilient_core::deadline::{CutShort, DeadlineScope, TimeoutFuture, scope};
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

/// Declares a module for each page of Markdown. `links.md` defines the labels of links for rustdoc;
/// a page defines them again, at its end, as paths of files. The first definition wins.
macro_rules! pages {
    ($($name:ident: $file:literal;)*) => {$(
        #[doc = include_str!("links.md")]
        #[doc = include_str!(concat!("../docs/", $file))]
        pub mod $name {}
    )*};
}

// The package `resilient-tests` tests the examples of these pages, which need more crates.
#[cfg(not(doctest))]
#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/recipes/README.md")]
pub mod recipes {
    pages! {
        admin_endpoint: "recipes/admin-endpoint.md";
        alarms_and_metrics_from_events: "recipes/alarms-and-metrics-from-events.md";
        anyhow_and_boxed_errors: "recipes/anyhow-and-boxed-errors.md";
        arguments_that_are_not_clone: "recipes/arguments-that-are-not-clone.md";
        axum: "recipes/axum.md";
        batch_job: "recipes/batch-job.md";
        breaker_in_a_struct: "recipes/breaker-in-a-struct.md";
        breaker_per_host: "recipes/breaker-per-host.md";
        classify_errors_once: "recipes/classify-errors-once.md";
        command_line_tool: "recipes/command-line-tool.md";
        deadline_for_several_calls: "recipes/deadline-for-several-calls.md";
        error_of_every_attempt: "recipes/error-of-every-attempt.md";
        errors_of_other_crates: "recipes/errors-of-other-crates.md";
        failures_inside_ok: "recipes/failures-inside-ok.md";
        fallback_source: "recipes/fallback-source.md";
        fallback_value: "recipes/fallback-value.md";
        functions_that_are_not_async: "recipes/functions-that-are-not-async.md";
        honour_retry_after: "recipes/honour-retry-after.md";
        log_retries: "recipes/log-retries.md";
        message_consumer: "recipes/message-consumer.md";
        methods_of_traits: "recipes/methods-of-traits.md";
        methods_with_mut_self: "recipes/methods-with-mut-self.md";
        number_of_the_attempt: "recipes/number-of-the-attempt.md";
        one_breaker_for_several_functions: "recipes/one-breaker-for-several-functions.md";
        redis: "recipes/redis.md";
        reqwest: "recipes/reqwest.md";
        reqwest_middleware: "recipes/reqwest-middleware.md";
        retry_only_some_errors: "recipes/retry-only-some-errors.md";
        settings_from_configuration: "recipes/settings-from-configuration.md";
        share_a_retry_budget: "recipes/share-a-retry-budget.md";
        sqlx_with_postgresql: "recipes/sqlx-with-postgresql.md";
        tests_without_waiting: "recipes/tests-without-waiting.md";
        time_limits_for_a_call: "recipes/time-limits-for-a-call.md";
        tonic: "recipes/tonic.md";
        try_settings_in_production: "recipes/try-settings-in-production.md";
        wait_for_an_open_circuit: "recipes/wait-for-an-open-circuit.md";
        what_a_rejected_call_returns: "recipes/what-a-rejected-call-returns.md";
        without_attributes: "recipes/without-attributes.md";
    }
}

/// Guides: first steps, how to choose settings, and how to handle breakers in production.
#[cfg(not(doctest))]
pub mod guide {
    pages! {
        ten_minutes: "ten-minutes.md";
        choosing_settings: "choosing-settings.md";
        time_limits: "time-limits.md";
        idempotency: "idempotency.md";
        errors: "errors.md";
        settings: "settings.md";
        operating: "operating.md";
        comparison: "comparison.md";
    }

    #[doc = include_str!("links.md")]
    #[doc = include_str!("../docs/retries.md")]
    #[doc = ""]
    #[doc = include_str!("../docs/retries-simulation.md")]
    pub mod retries {}
}

#[cfg(not(doctest))]
#[doc = include_str!("links.md")]
#[doc = include_str!("../docs/migration/README.md")]
pub mod migration {
    pages! {
        from_backon: "migration/from-backon.md";
        from_failsafe: "migration/from-failsafe.md";
        from_reqwest_retry: "migration/from-reqwest-retry.md";
        from_the_python_system: "migration/from-the-python-system.md";
        from_tokio_retry: "migration/from-tokio-retry.md";
    }
}

#[cfg(feature = "test-util")]
pub use resilient_core::testing;

#[doc(hidden)]
pub use resilient_core::__private;
