//! Retries by name.

use std::sync::Arc;

use super::change_overrides::CheckedNames;
use super::declared::Hold;
use super::retry_entry::{DeclaredRetry, RetryEntry, RetryRegistration};
use super::unused_name::unused_name;
use super::{NameTakenError, OverrideError, OverrideReport, Registry, RetryOverride};
use crate::event::{Event, EventKind};
use crate::retry::{NamedRetry, RetryPolicy, RetryRecord, RetrySnapshot};
use crate::signal::Name;
#[cfg(feature = "metrics")]
use crate::telemetry::RetryTotals;

/// # Retries
///
/// Retries have separate names: a retry, a budget and a breaker may share a name. All code under
/// one name shares its counts, last failures and override. Each place in the code keeps the
/// settings that it gives, so different settings are no conflict.
impl Registry {
    /// Returns the retry of this name. The policy of the handle is the one of the code that
    /// registered the name first; if only functions have the name that give a policy at each call,
    /// it is the default policy.
    #[must_use]
    pub fn get_retry(&self, name: &str) -> Option<NamedRetry> {
        self.read().retries.get(name).map(RetryEntry::handle)
    }

    /// Returns the retry of this name with this policy, and registers the name if it is new. If
    /// many threads ask at once, all of them share one retry.
    ///
    /// If the name is known, the handle shares its counts and its override, and keeps `policy`. The
    /// name stays in the registry until code [unregisters](Registry::unregister_retry) it. For a
    /// retry that leaves the registry when its last handle is dropped, see
    /// [`Registry::lease_retry`].
    ///
    /// ```
    /// use resilient_core::registry::Registry;
    /// use resilient_core::retry::RetryPolicy;
    ///
    /// let registry = Registry::new();
    /// let reads = RetryPolicy::builder().max_retries(5).build()?;
    /// let reads = registry.get_or_register_retry("stock", reads);
    /// let writes = registry.get_or_register_retry("stock", RetryPolicy::default());
    /// assert_ne!(reads.policy(), writes.policy());
    /// assert_eq!(registry.retries().len(), 1);
    /// # Ok::<(), resilient_core::signal::ConfigError>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn get_or_register_retry(&self, name: &str, policy: RetryPolicy) -> NamedRetry {
        self.register_retry_by_hand(name, policy, Hold::Code)
    }

    #[track_caller]
    pub(super) fn register_retry_by_hand(
        &self,
        name: &str,
        policy: RetryPolicy,
        hold: Hold,
    ) -> NamedRetry {
        let declared = DeclaredRetry::by_hand(&policy);
        let place = declared.place;
        // Code may ask at each call, so a known name needs no exclusive lock.
        let known = self.read().retries.get(name).and_then(|known| known.known(&declared, hold));
        if let Some(record) = known {
            return NamedRetry::new(policy, place, record);
        }
        let name = Name::from(name.to_owned());
        let registration = RetryRegistration { name, is_given: true, declared, hold };
        let (record, news) = self.register_retry_entry(registration);
        self.notify_retry(&record, news);
        NamedRetry::new(policy, place, record)
    }

    // R15, G7: only one of several threads registers a name.
    /// Registers a name, and returns its record and the events to deliver without a lock.
    pub(crate) fn register_retry_entry(
        &self,
        registration: RetryRegistration,
    ) -> (Arc<RetryRecord>, Vec<EventKind>) {
        let RetryRegistration { mut name, is_given, declared, hold } = registration;
        let mut entries = self.write();
        if !is_given {
            // Two functions can have the same path, so a path may be taken.
            name = unused_name(&name, declared.place, |name| entries.retries.contains_key(name));
        }
        let overlay = entries.index.overlay(&name);
        let entry = entries.retries.entry(name).or_insert_with_key(|name| {
            let record = Arc::new(RetryRecord::new(name.clone()));
            record.reconfigure(overlay.as_ref());
            RetryEntry { record, declared: Vec::new(), hold }
        });
        entry.hold = entry.hold.max(hold);
        let record = Arc::clone(&entry.record);
        let error = overlay.as_ref().and_then(|overlay| declared.check(overlay).err());
        entry.declare(declared);
        let unused = entries.unused_limits_of(record.name());
        drop(entries);
        let error = error.filter(|_| record.reports_contradiction());
        let invalid = error.into_iter().map(EventKind::InvalidSetting);
        let unused = unused.into_iter().map(EventKind::UnusedOverride);
        (record, invalid.chain(unused).collect())
    }

    /// Registers a retry under its name, for overrides, snapshots and metrics. It stays until code
    /// [unregisters](Registry::unregister_retry) it.
    ///
    /// # Errors
    ///
    /// Returns a [`NameTakenError`] if another retry has the name; its counts are separate. To
    /// share a name, use [`get_or_register_retry`](Registry::get_or_register_retry). Registering
    /// the same retry twice is not an error.
    #[track_caller]
    pub fn register_retry(&self, retry: &NamedRetry) -> Result<(), NameTakenError> {
        let declared = DeclaredRetry::by_hand(retry.policy());
        let record = retry.record();
        let name = record.name().clone();
        let mut entries = self.write();
        if let Some(taken) = entries.retries.get_mut(&name) {
            if !retry.is(&taken.record) {
                return Err(NameTakenError { name, what: "retry" });
            }
            taken.hold = taken.hold.max(Hold::Code);
            taken.declare(declared);
            return Ok(());
        }
        let overlay = entries.index.overlay(&name);
        let error = overlay.as_ref().and_then(|overlay| declared.check(overlay).err());
        let entry =
            RetryEntry { record: Arc::clone(record), declared: vec![declared], hold: Hold::Code };
        entries.retries.insert(name, entry);
        let changed =
            entries.retries.get(retry.name()).and_then(|entry| entry.reconfigure(overlay.as_ref()));
        drop(entries);
        let error = error.filter(|_| record.reports_contradiction());
        let changed = changed.map(EventKind::SettingsChanged);
        let news = error.map(EventKind::InvalidSetting).into_iter().chain(changed);
        self.notify_retry(record, news.collect());
        Ok(())
    }

    /// Returns all retries, ordered by name: see [`get_retry`](Registry::get_retry).
    #[must_use]
    pub fn retries(&self) -> Vec<NamedRetry> {
        self.read().retries.values().map(RetryEntry::handle).collect()
    }

    /// Returns the snapshots of all retries, ordered by name.
    #[must_use]
    pub fn retry_snapshots(&self) -> Vec<RetrySnapshot> {
        self.retries().iter().map(NamedRetry::snapshot).collect()
    }

    /// Returns the totals of all retries, for metrics.
    #[cfg(feature = "metrics")]
    pub(crate) fn retry_totals(&self) -> Vec<(Name, RetryTotals)> {
        let entries = self.read();
        entries.retries.iter().map(|(name, entry)| (name.clone(), entry.record.totals())).collect()
    }

    /// Replaces the override of one retry. It reaches running calls at their next failure, and all
    /// later calls.
    ///
    /// `max_retries = 0` stops retries: a call that fails from now on ends with its error. A call
    /// that sleeps now still makes the attempt that it sleeps for. A running attempt is not
    /// cancelled. A new `max_elapsed` and new time limits apply to calls that start from now on.
    ///
    /// An override wins over all code under the name. So a higher number of retries also applies to
    /// code whose `max_retries` is 0. Give an operation that must not be repeated a separate name.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::override_breaker`].
    pub fn override_retry(
        &self,
        name: &str,
        what: impl Into<RetryOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        let what = what.into();
        self.change_overrides(CheckedNames::Changed, |present| {
            present.retries.insert(name.to_owned(), what);
        })
    }

    /// Clears the override of one retry. The settings of the code apply again.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::clear_override`].
    pub fn clear_retry_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(CheckedNames::Changed, |present| {
            present.retries.remove(name);
        })
    }

    /// Reports events of a retry. The caller must hold no lock.
    pub(crate) fn notify_retry(&self, record: &RetryRecord, kinds: Vec<EventKind>) {
        for kind in kinds {
            self.notify(&Event::of_retry(record.name().clone(), kind));
        }
    }
}
