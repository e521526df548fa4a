//! Operations on several breakers at once.

use std::time::Duration;

use super::entry::{Member, Named};
use crate::breaker::{BreakerSnapshot, CircuitBreaker, OperatorMode, TransitionError};

/// Breakers that were selected from a [`Registry`](crate::Registry): by name, by prefix, or all. Those that are registered
/// later are not among them.
///
/// ```
/// use resilient_core::{BreakerConfig, Registry, CircuitState};
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
/// Of a name that has a breaker for each key, all keys are meant: [`force_open`](Selection::force_open),
/// [`disable`](Selection::disable), [`observe_only`](Selection::observe_only) and [`close`](Selection::close) hold for keys
/// to come as well.
#[derive(Debug, Clone)]
pub struct Selection {
    members: Vec<Named>,
}

impl Selection {
    pub(super) fn of(members: impl Iterator<Item = Named>) -> Self {
        Self {
            members: members.collect(),
        }
    }

    #[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "for metrics"))]
    pub(crate) fn members(&self) -> &[Named] {
        &self.members
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| -> &str { name })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The breakers, ordered by name; those of a name with keys in no order.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        self.members
            .iter()
            .flat_map(|(_, member)| member.breakers())
            .collect()
    }

    /// What there is to know about them, ordered by name and key.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        let breakers = self.breakers();
        let mut snapshots: Vec<_> = breakers.iter().map(CircuitBreaker::snapshot).collect();
        snapshots.sort_by(|one, other| (&one.name, &one.key).cmp(&(&other.name, &other.key)));
        snapshots
    }

    /// [`CircuitBreaker::trip`], and which of them refused.
    #[allow(
        clippy::must_use_candidate,
        reason = "the refusals are for those who ask"
    )]
    pub fn trip(&self) -> Vec<(CircuitBreaker, TransitionError)> {
        self.try_each(CircuitBreaker::trip)
    }

    /// [`CircuitBreaker::trip_for`], and which of them refused.
    #[allow(
        clippy::must_use_candidate,
        reason = "the refusals are for those who ask"
    )]
    pub fn trip_for(&self, time: Duration) -> Vec<(CircuitBreaker, TransitionError)> {
        self.try_each(|breaker| breaker.trip_for(time))
    }

    /// [`CircuitBreaker::half_open`], and which of them refused.
    #[allow(
        clippy::must_use_candidate,
        reason = "the refusals are for those who ask"
    )]
    pub fn half_open(&self) -> Vec<(CircuitBreaker, TransitionError)> {
        self.try_each(CircuitBreaker::half_open)
    }

    /// [`CircuitBreaker::force_open`].
    pub fn force_open(&self) {
        self.set_mode(Some(OperatorMode::ForcedOpen));
    }

    /// [`CircuitBreaker::disable`].
    pub fn disable(&self) {
        self.set_mode(Some(OperatorMode::Disabled));
    }

    /// [`CircuitBreaker::observe_only`].
    pub fn observe_only(&self) {
        self.set_mode(Some(OperatorMode::ObserveOnly));
    }

    /// [`CircuitBreaker::close`].
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
        for (_, member) in &self.members {
            match (member, mode) {
                (Member::One(breaker), Some(mode)) => breaker.set_mode(mode),
                (Member::One(breaker), None) => breaker.close(),
                (Member::Keyed(group), mode) => group.set_mode(mode),
            }
        }
    }
}
