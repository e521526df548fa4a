//! The entry of a name in the registry: one breaker, or a group with one breaker for each key.

use std::sync::Arc;
use std::time::Instant;

use crate::breaker::shared::LiveSettings;
use crate::breaker::{CircuitBreaker, ManualChange, TransitionError};
use crate::event::{Event, EventKind, Listeners};
use crate::keyed::{BreakerKey, Group, KeyedEntry};
use crate::telemetry::{self, Summary};
use crate::time::ClockSource;

#[derive(Debug, Clone)]
pub(crate) enum Entry {
    One(CircuitBreaker),
    Keyed(Arc<dyn KeyedEntry>),
}

impl Entry {
    pub(crate) fn one(&self) -> Option<CircuitBreaker> {
        match self {
            Self::One(breaker) => Some(breaker.clone()),
            Self::Keyed(_) => None,
        }
    }

    pub(super) fn is_keyed(&self) -> bool {
        matches!(self, Self::Keyed(_))
    }

    pub(super) fn keyed<K: BreakerKey>(&self) -> Option<Arc<Group<K>>> {
        match self {
            Self::One(_) => None,
            Self::Keyed(group) => Arc::clone(group).into_any().downcast().ok(),
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(other)) => one.is(other),
            (Self::Keyed(one), Self::Keyed(other)) => {
                std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
            }
            _ => false,
        }
    }

    pub(super) fn breakers(&self) -> Vec<CircuitBreaker> {
        match self {
            Self::One(breaker) => vec![breaker.clone()],
            Self::Keyed(group) => group.breakers(),
        }
    }

    /// Changes the state by hand, and returns the breakers that refuse.
    pub(super) fn apply(&self, change: &ManualChange) -> Vec<(CircuitBreaker, TransitionError)> {
        match self {
            Self::One(breaker) => {
                let refused = breaker.apply(change).err();
                refused.map(|refused| (breaker.clone(), refused)).into_iter().collect()
            }
            Self::Keyed(group) => group.apply(change),
        }
    }

    pub(super) fn join(&self, listeners: &Arc<Listeners>) {
        match self {
            Self::One(breaker) => breaker.shared().join(listeners),
            Self::Keyed(group) => group.join(listeners),
        }
    }

    pub(super) fn leave(&self, listeners: &Arc<Listeners>) {
        match self {
            Self::One(breaker) => breaker.shared().leave(listeners),
            Self::Keyed(group) => group.leave(listeners),
        }
    }

    /// Removes the key of this breaker from the group. Returns whether the group holds the breaker.
    pub(super) fn remove_key_of(&self, breaker: &CircuitBreaker) -> bool {
        match self {
            Self::One(_) => false,
            Self::Keyed(group) => group.remove_breaker(breaker),
        }
    }

    /// Returns whether the breaker belongs to an annotated function.
    pub(super) fn is_of_function(&self) -> bool {
        self.one().is_some_and(|breaker| breaker.is_of_function())
    }

    pub(super) fn clock(&self) -> ClockSource {
        match self {
            Self::One(breaker) => breaker.shared().clock(),
            Self::Keyed(group) => group.clock(),
        }
    }

    /// Returns whether this is the only handle and the breakers are like new ones: see
    /// [`CircuitBreaker::is_unused`].
    pub(super) fn is_unused(&mut self, now: Instant) -> bool {
        match self {
            Self::One(breaker) => breaker.is_unused(now),
            Self::Keyed(group) => Arc::get_mut(group).is_some_and(|group| group.is_unused(now)),
        }
    }

    /// Returns whether this is the only handle of the breaker, or of the group and its breakers.
    pub(super) fn is_only_handle(&mut self) -> bool {
        match self {
            Self::One(breaker) => breaker.is_only_handle(),
            Self::Keyed(group) => Arc::get_mut(group).is_some_and(KeyedEntry::has_no_handles),
        }
    }

    pub(super) fn reconfigure(&self, settings: LiveSettings) {
        match self {
            Self::One(breaker) => breaker.shared().reconfigure(settings),
            Self::Keyed(group) => group.reconfigure(settings),
        }
    }

    /// Delivers events that concern the name as a whole, not a single key.
    pub(super) fn notify(&self, kinds: Vec<EventKind>) {
        match self {
            Self::One(breaker) => breaker.shared().notify(kinds),
            Self::Keyed(group) => {
                for kind in kinds {
                    let event = Event::of_breaker(group.name().clone(), kind);
                    telemetry::event(&event);
                    for listeners in group.all_listeners() {
                        listeners.notify(&event);
                    }
                }
            }
        }
    }

    #[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "for metrics"))]
    pub(crate) fn summary(&self) -> Summary {
        match self {
            Self::One(breaker) => {
                let mut summary = Summary::default();
                summary.add(&breaker.snapshot());
                summary
            }
            Self::Keyed(group) => group.summary(),
        }
    }
}
