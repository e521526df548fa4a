//! The registry's view of a group of keyed breakers. It hides the type of the key.

use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::time::Instant;

use super::{BreakerKey, Group, Guarded, most_keys};
use crate::breaker::shared::LiveSettings;
use crate::breaker::{CircuitBreaker, TransitionError};
use crate::event::Listeners;
use crate::platform::unpoisoned;
use crate::signal::{Hold, ManualChange, ManualOperation, Name};
use crate::telemetry::Summary;
use crate::time::ClockSource;

/// A group of keyed breakers, without the type of its keys. A registry holds groups in this form.
pub(crate) trait KeyedEntry:
    fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static
{
    fn breakers(&self) -> Vec<CircuitBreaker>;
    fn reconfigure(&self, settings: LiveSettings);
    /// Changes the state of all breakers by hand, and returns the breakers that refuse the change.
    /// A change that closes the breakers or sets a mode applies to future breakers as well.
    fn apply(&self, change: &ManualChange) -> Vec<(CircuitBreaker, TransitionError)>;
    fn join(&self, listeners: &Arc<Listeners>);
    fn leave(&self, listeners: &Arc<Listeners>);
    fn clock(&self) -> ClockSource;
    /// Returns whether the group can be replaced by a new one: no handle of a breaker exists
    /// outside the group, every breaker is closed and remembers no failed or slow call, and no
    /// operator has set by hand a mode in which future keys start.
    fn is_unused(&mut self, now: Instant) -> bool;
    /// Returns whether no handle of a breaker exists outside the group.
    fn has_no_handles(&mut self) -> bool;
    /// Removes the key of this breaker. Returns whether the group had the breaker.
    fn remove_breaker(&self, breaker: &CircuitBreaker) -> bool;
    fn summary(&self) -> Summary;
    /// Returns the breakers of keys, without the one that keys without a separate breaker share.
    fn breakers_of_keys(&self) -> Vec<CircuitBreaker>;
    fn name(&self) -> &Name;
    /// Returns the listeners of the group and of the registries that hold the group.
    fn all_listeners(&self) -> Vec<Arc<Listeners>>;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<K: BreakerKey> KeyedEntry for Group<K> {
    fn breakers(&self) -> Vec<CircuitBreaker> {
        let mut breakers = self.breakers_of_keys();
        breakers.extend(self.others.get().cloned());
        breakers
    }

    fn reconfigure(&self, settings: LiveSettings) {
        let mut evicted = Vec::new();
        let now = self.now();
        let closings = self.closings.load(Acquire);
        let mut guarded = self.write();
        if settings.version < guarded.standing.settings.version {
            return;
        }
        guarded.standing.reconfigure(settings.clone(), now);
        let most = most_keys(&settings).saturating_add(1);
        guarded.keys.make_room(most, closings, now, &mut evicted);
        drop(guarded);
        self.retire(evicted);
        for breaker in self.breakers_of_keys() {
            let settings = settings.of_key(breaker.key().unwrap_or_default());
            breaker.shared().reconfigure(settings);
        }
        if let Some(others) = self.others.get() {
            others.shared().reconfigure(settings.of_name());
        }
    }

    fn apply(&self, change: &ManualChange) -> Vec<(CircuitBreaker, TransitionError)> {
        let now = self.now();
        let start_in = |hold| {
            self.write().standing.start_by_hand(hold, now);
            self.breakers()
        };
        let breakers = match change.operation {
            ManualOperation::Close => start_in(None),
            ManualOperation::Hold(mode, lasts) => {
                start_in(Some(Hold { mode, lasts, note: change.note.clone() }))
            }
            ManualOperation::Trip | ManualOperation::TripFor(_) | ManualOperation::HalfOpen => {
                self.breakers()
            }
        };
        breakers
            .into_iter()
            .filter_map(|breaker| Some((breaker.clone(), breaker.apply(change).err()?)))
            .collect()
    }

    // The listeners are added to and removed from the breakers under the lock. Otherwise a breaker
    // could get a listener after its key was removed.
    fn join(&self, listeners: &Arc<Listeners>) {
        let mut guarded = self.write();
        guarded.standing.listeners.push(Arc::clone(listeners));
        guarded.standing.revision += 1;
        for breaker in guarded.keys.breakers().chain(self.others.get().cloned()) {
            breaker.shared().join(listeners);
        }
    }

    fn leave(&self, listeners: &Arc<Listeners>) {
        let mut guarded = self.write();
        guarded.standing.listeners.retain(|each| !Arc::ptr_eq(each, listeners));
        guarded.standing.revision += 1;
        for breaker in guarded.keys.breakers().chain(self.others.get().cloned()) {
            breaker.shared().leave(listeners);
        }
    }

    fn clock(&self) -> ClockSource {
        self.clock_source()
    }

    fn has_no_handles(&mut self) -> bool {
        let others = self.others.get_mut().is_none_or(CircuitBreaker::is_only_handle);
        others && self.write().keys.have_no_handles()
    }

    fn is_unused(&mut self, now: Instant) -> bool {
        let others = self.others.get_mut().is_none_or(|others| others.is_unused(now));
        let mut guarded = self.write();
        let Guarded { keys, standing } = &mut *guarded;
        others && !standing.is_held_by_hand(now) && keys.are_unused(now)
    }

    fn remove_breaker(&self, breaker: &CircuitBreaker) -> bool {
        self.remove_if(|keys| keys.remove_breaker(breaker))
    }

    fn summary(&self) -> Summary {
        let mut summary = unpoisoned(self.retired.lock()).retired();
        for breaker in self.breakers() {
            summary.add(&breaker.snapshot());
        }
        summary
    }

    fn breakers_of_keys(&self) -> Vec<CircuitBreaker> {
        self.read().keys.breakers().collect()
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn all_listeners(&self) -> Vec<Arc<Listeners>> {
        self.read().standing.listeners.clone()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
