//! The listeners that receive the events of one breaker: the breaker's listeners, and the listeners
//! of its registries.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, RwLock};

use crate::event::{Event, EventKind, Listeners};
use crate::platform::{AtomicU64, unpoisoned};
use crate::signal::BreakerSnapshot;
use crate::telemetry;

#[derive(Debug, Default)]
pub(super) struct Subscribers {
    own: Arc<Listeners>,
    /// The listeners of the registries that hold the breaker.
    registries: RwLock<Vec<Arc<Listeners>>>,
    panics: AtomicU64,
}

impl Subscribers {
    pub(super) fn own(&self) -> &Arc<Listeners> {
        &self.own
    }

    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }

    pub(super) fn join(&self, registry: &Arc<Listeners>) {
        let mut registries = unpoisoned(self.registries.write());
        if !registries.iter().any(|each| Arc::ptr_eq(each, registry)) {
            registries.push(Arc::clone(registry));
        }
    }

    pub(super) fn leave(&self, registry: &Arc<Listeners>) {
        unpoisoned(self.registries.write()).retain(|each| !Arc::ptr_eq(each, registry));
    }

    /// Returns whether an event would reach a listener, a log or a recorder.
    pub(super) fn are_present(&self) -> bool {
        telemetry::ENABLED
            || !self.own.is_empty()
            || self.registries().iter().any(|each| !each.is_empty())
    }

    // B14: a panic of a listener is contained and counted.
    pub(super) fn deliver(&self, event: &Event, snapshot: impl FnOnce() -> BreakerSnapshot) {
        let registries = self.registries();
        telemetry::event(event);
        let is_registered = event.key().is_none() && !registries.is_empty();
        if is_registered && matches!(event.kind(), EventKind::Transition(_)) {
            telemetry::changed(snapshot);
        }
        for listeners in std::iter::once(&self.own).chain(&registries) {
            self.panics.fetch_add(listeners.notify(event), Relaxed);
        }
    }

    fn registries(&self) -> Vec<Arc<Listeners>> {
        unpoisoned(self.registries.read()).clone()
    }
}
