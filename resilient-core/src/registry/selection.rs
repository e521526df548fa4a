//! Operations on several breakers at once.

use std::time::Duration;

use super::entry::Entry;
use crate::breaker::{BreakerSnapshot, CircuitBreaker, ManualChange, TransitionError};
use crate::signal::Name;

/// Breakers that were selected from a [`Registry`](crate::registry::Registry): by name, by prefix,
/// or all. It does not contain breakers that are registered later.
///
/// ```
/// use resilient_core::breaker::{BreakerConfig, CircuitState};
/// use resilient_core::registry::Registry;
///
/// let registry = Registry::new();
/// for name in ["payments/charge", "payments/refund", "search"] {
///     let _ = registry.get_or_register(name, BreakerConfig::default());
/// }
/// registry.with_prefix("payments/").force_open();
/// assert_eq!(registry.get("payments/refund").unwrap().state(), CircuitState::ForcedOpen);
/// assert_eq!(registry.get("search").unwrap().state(), CircuitState::Closed);
/// registry.all().close();
/// ```
///
/// If a selected name has a breaker for each key, the selection contains the breakers of all keys.
/// [`force_open`](Selection::force_open), [`disable`](Selection::disable),
/// [`observe_only`](Selection::observe_only) and [`close`](Selection::close) apply to future keys
/// as well. So do the variants with a time, until that time is over.
///
/// To record an operator's name and a reason, use [`apply`](Selection::apply).
#[derive(Debug, Clone)]
pub struct Selection {
    pub(crate) entries: Vec<(Name, Entry)>,
}

#[allow(clippy::must_use_candidate, reason = "few callers need the refusals")]
impl Selection {
    /// Returns the names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| -> &str { name })
    }

    /// Returns whether the selection is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the breakers, ordered by name. The keyed breakers of one name are in no order.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.entries.iter().flat_map(|(_, entry)| entry.breakers()).collect()
    }

    /// Returns the snapshots of the breakers, ordered by name and key.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        let breakers = self.breakers();
        let mut snapshots: Vec<_> = breakers.iter().map(CircuitBreaker::snapshot).collect();
        snapshots.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
        snapshots
    }

    /// Calls [`CircuitBreaker::trip`] on each breaker. Returns the breakers that refused.
    pub fn trip(&self) -> Vec<(CircuitBreaker, TransitionError)> {
        self.apply(&ManualChange::trip())
    }

    /// Calls [`CircuitBreaker::trip_for`] on each breaker. Returns the breakers that refused.
    pub fn trip_for(&self, time: Duration) -> Vec<(CircuitBreaker, TransitionError)> {
        self.apply(&ManualChange::trip_for(time))
    }

    /// Calls [`CircuitBreaker::half_open`] on each breaker. Returns the breakers that refused.
    pub fn half_open(&self) -> Vec<(CircuitBreaker, TransitionError)> {
        self.apply(&ManualChange::half_open())
    }

    /// Calls [`CircuitBreaker::force_open`] on each breaker.
    pub fn force_open(&self) {
        self.apply(&ManualChange::force_open());
    }

    /// Calls [`CircuitBreaker::force_open_for`] on each breaker.
    pub fn force_open_for(&self, time: Duration) {
        self.apply(&ManualChange::force_open_for(time));
    }

    /// Calls [`CircuitBreaker::disable`] on each breaker.
    pub fn disable(&self) {
        self.apply(&ManualChange::disable());
    }

    /// Calls [`CircuitBreaker::disable_for`] on each breaker.
    pub fn disable_for(&self, time: Duration) {
        self.apply(&ManualChange::disable_for(time));
    }

    /// Calls [`CircuitBreaker::observe_only`] on each breaker.
    pub fn observe_only(&self) {
        self.apply(&ManualChange::observe_only());
    }

    /// Calls [`CircuitBreaker::observe_only_for`] on each breaker.
    pub fn observe_only_for(&self, time: Duration) {
        self.apply(&ManualChange::observe_only_for(time));
    }

    /// Calls [`CircuitBreaker::close`] on each breaker.
    pub fn close(&self) {
        self.apply(&ManualChange::close());
    }

    /// Calls [`CircuitBreaker::apply`] on each breaker. Returns the breakers that refused.
    ///
    /// ```
    /// use resilient_core::breaker::{BreakerConfig, ManualChange};
    /// use resilient_core::registry::Registry;
    /// use std::time::Duration;
    ///
    /// let registry = Registry::new();
    /// let refunds = registry.get_or_register("payments/refund", BreakerConfig::default());
    /// let change = ManualChange::force_open_for(Duration::from_secs(3600));
    /// let change = change.by("alice").because("the bank migrates");
    /// assert!(registry.with_prefix("payments/").apply(&change).is_empty());
    /// assert_eq!(refunds.snapshot().note.operator(), Some("alice"));
    /// ```
    pub fn apply(&self, change: &ManualChange) -> Vec<(CircuitBreaker, TransitionError)> {
        self.entries.iter().flat_map(|(_, entry)| entry.apply(change)).collect()
    }
}
