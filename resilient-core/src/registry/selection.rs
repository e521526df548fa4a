//! Operations on several breakers at once.

use std::time::Duration;

use super::entry::Entry;
use crate::breaker::{BreakerSnapshot, CircuitBreaker, OperatorMode, TransitionError};
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
/// A selected name with a breaker for each key includes all of its keys.
/// [`force_open`](Selection::force_open), [`disable`](Selection::disable),
/// [`observe_only`](Selection::observe_only) and [`close`](Selection::close) apply to future keys
/// as well.
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
        self.try_each(CircuitBreaker::trip)
    }

    /// Calls [`CircuitBreaker::trip_for`] on each breaker. Returns the breakers that refused.
    pub fn trip_for(&self, time: Duration) -> Vec<(CircuitBreaker, TransitionError)> {
        self.try_each(|breaker| breaker.trip_for(time))
    }

    /// Calls [`CircuitBreaker::half_open`] on each breaker. Returns the breakers that refused.
    pub fn half_open(&self) -> Vec<(CircuitBreaker, TransitionError)> {
        self.try_each(CircuitBreaker::half_open)
    }

    /// Calls [`CircuitBreaker::force_open`] on each breaker.
    pub fn force_open(&self) {
        self.set_mode(Some(OperatorMode::ForcedOpen));
    }

    /// Calls [`CircuitBreaker::disable`] on each breaker.
    pub fn disable(&self) {
        self.set_mode(Some(OperatorMode::Disabled));
    }

    /// Calls [`CircuitBreaker::observe_only`] on each breaker.
    pub fn observe_only(&self) {
        self.set_mode(Some(OperatorMode::ObserveOnly));
    }

    /// Calls [`CircuitBreaker::close`] on each breaker.
    pub fn close(&self) {
        self.set_mode(None);
    }

    fn try_each(
        &self,
        change: impl Fn(&CircuitBreaker) -> Result<(), TransitionError>,
    ) -> Vec<(CircuitBreaker, TransitionError)> {
        let breakers = self.breakers().into_iter();
        breakers
            .filter_map(|breaker| change(&breaker).err().map(|refused| (breaker, refused)))
            .collect()
    }

    fn set_mode(&self, mode: Option<OperatorMode>) {
        for (_, entry) in &self.entries {
            match entry {
                Entry::One(breaker) => breaker.set_mode(mode),
                Entry::Keyed(group) => group.set_mode(mode),
            }
        }
    }
}
