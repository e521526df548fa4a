//! The handle of a named retry.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::cell::RetryCell;
use super::named_policy::NamedPolicy;
use super::overlay::{RetryOverlay, settings_in_force};
use super::record::RetryRecord;
use super::snapshot::RetrySnapshot;
use crate::retry::driver::RetryDriver;
use crate::retry::policy::RetryPolicy;
use crate::signal::{Name, SettingsInForce};
use crate::time;

// R15: every retry has a name.
/// A retry policy with a name, under which its calls are counted and reported. Clones are cheap:
/// they are handles of the same retry.
///
/// Logs, events, metrics and give-up errors carry the name. A retry in a
/// [`Registry`](crate::registry::Registry) is listed there, and operators can override its settings
/// while calls run. A retry that [`RetryPolicy::named`] makes is in no registry.
///
/// Handles and functions of one name share the counts, the last failures and the override. Each of
/// them keeps the policy that its code gives: reads and writes to one dependency may retry
/// differently under one name. The override applies on top of each policy.
///
/// ```
/// use resilient_core::retry::RetryPolicy;
/// use std::time::Duration;
///
/// # let mut runtime = tokio::runtime::Builder::new_current_thread();
/// # runtime.enable_time().build().unwrap().block_on(async {
/// let stock = RetryPolicy::builder().base_delay(Duration::ZERO).build()?.named("stock");
/// let count = stock
///     .call()
///     .run(|attempt| async move { if attempt.is_first() { Err("early") } else { Ok(42) } })
///     .await;
/// assert_eq!(count, Ok(42));
///
/// let counts = stock.snapshot().counts;
/// assert_eq!((counts.recovered, counts.attempts), (1, 2));
/// # Ok::<(), resilient_core::signal::ConfigError>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct NamedRetry(Arc<Named>);

struct Named {
    policy: RetryPolicy,
    /// Whether each call gives its policy, so that `policy` says nothing.
    is_given_by_calls: bool,
    /// The location of the code that gives the policy.
    place: &'static Location<'static>,
    record: Arc<RetryRecord>,
    cell: RetryCell,
}

impl NamedRetry {
    pub(crate) fn new(
        policy: RetryPolicy,
        place: &'static Location<'static>,
        record: Arc<RetryRecord>,
    ) -> Self {
        Self::of(policy, false, place, record)
    }

    /// Makes a handle of a name whose calls each give their policy.
    pub(crate) fn given_by_calls(
        place: &'static Location<'static>,
        record: Arc<RetryRecord>,
    ) -> Self {
        Self::of(RetryPolicy::default(), true, place, record)
    }

    fn of(
        policy: RetryPolicy,
        is_given_by_calls: bool,
        place: &'static Location<'static>,
        record: Arc<RetryRecord>,
    ) -> Self {
        let cell = RetryCell::of_handle(Arc::clone(&record));
        Self(Arc::new(Named { policy, is_given_by_calls, place, record, cell }))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.record.name()
    }

    /// Returns the policy that the code gave, without the override.
    #[must_use]
    pub fn policy(&self) -> &RetryPolicy {
        &self.0.policy
    }

    /// Returns each present setting with its value and its origin: an override, the code, or the
    /// library. A maximum of attempts is shown as `max_retries`. A time limit that no override
    /// gives has no value, because each call sets it. If each call gives its whole policy, the same
    /// holds for all settings: the attribute has `policy = …`, or a setting that is no literal.
    #[must_use]
    pub fn settings_with_origin(&self) -> SettingsInForce {
        self.settings_under(self.0.record.overlay().as_deref())
    }

    pub(crate) fn settings_under(&self, overlay: Option<&RetryOverlay>) -> SettingsInForce {
        let Named { policy, is_given_by_calls, place, .. } = &*self.0;
        settings_in_force((!is_given_by_calls).then_some(policy), overlay, place)
    }

    /// Returns a handle of the same retry with another policy: its calls have the same name, counts
    /// and override.
    #[must_use]
    #[track_caller]
    pub fn with_policy(&self, policy: RetryPolicy) -> Self {
        Self::new(policy, Location::caller(), Arc::clone(&self.0.record))
    }

    /// Starts a call whose loop sleeps without an async runtime: see [`RetryDriver::start`].
    #[must_use]
    pub fn start(&self) -> RetryDriver<'_> {
        RetryDriver::new(self.named_policy(), None, false)
    }

    /// Starts a call that sleeps in an async runtime: see [`RetryDriver::start_async`].
    #[must_use]
    pub fn start_async(&self) -> RetryDriver<'_> {
        RetryDriver::new(self.named_policy(), None, true)
    }

    /// Returns the settings, counts and last failures at this moment. Taking a snapshot changes
    /// nothing.
    #[must_use]
    pub fn snapshot(&self) -> RetrySnapshot {
        let record = &self.0.record;
        let overlay = record.overlay();
        let (counts, last_failures) = record.counts();
        let policy = match &overlay {
            Some(overlay) => overlay.over(&self.0.policy).0,
            None => self.0.policy.clone(),
        };
        RetrySnapshot {
            name: self.name().to_owned(),
            at: time::now(),
            policy,
            is_overridden: overlay.is_some(),
            settings_with_origin: self.settings_under(overlay.as_deref()),
            #[cfg(feature = "metrics")]
            first_try: Some(record.first_tries(&counts)),
            #[cfg(not(feature = "metrics"))]
            first_try: None,
            counts,
            last_failures,
        }
    }

    #[inline]
    pub(crate) fn named_policy(&self) -> NamedPolicy<'_> {
        let Named { policy, cell, .. } = &*self.0;
        NamedPolicy::of_cell(policy, cell, cell.is_timed(policy))
    }

    /// Registers a function under the name of this retry. Outside of models, its call site does so.
    #[cfg(any(loom, shuttle))]
    pub fn register_function(&self, cell: &'static RetryCell) {
        cell.register(&RetryPolicy::DEFAULT, || Arc::clone(&self.0.record));
    }

    pub(crate) fn record(&self) -> &Arc<RetryRecord> {
        &self.0.record
    }

    /// Returns whether both handles belong to the same retry.
    pub(crate) fn is(&self, record: &Arc<RetryRecord>) -> bool {
        Arc::ptr_eq(&self.0.record, record)
    }
}

impl RetryPolicy {
    /// Gives the policy a name, outside any registry. See
    /// [`Registry::get_or_register_retry`](crate::registry::Registry::get_or_register_retry) for a
    /// retry that operators can list and override.
    #[must_use]
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> NamedRetry {
        let record = RetryRecord::new(Name::from(name.into()));
        NamedRetry::new(self, Location::caller(), Arc::new(record))
    }
}

impl fmt::Debug for NamedRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedRetry")
            .field("name", &self.name())
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}
