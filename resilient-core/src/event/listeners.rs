//! The listeners of a breaker, of a group or of a registry.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, LazyLock, RwLock};

use super::kind::Event;
use crate::platform::{contain, unpoisoned};

/// Identifies a listener, so that it can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The listeners of one breaker, of a group or of a registry.
#[derive(Default)]
pub(crate) struct Listeners {
    list: RwLock<Vec<(ListenerId, Listener)>>,
}

/// Returns the listeners of the global registry. They also receive the events that belong to no
/// other registry.
pub(crate) fn global_listeners() -> &'static Arc<Listeners> {
    static GLOBAL: LazyLock<Arc<Listeners>> = LazyLock::new(Arc::default);
    &GLOBAL
}

impl Listeners {
    pub(crate) fn add(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = ListenerId(NEXT.fetch_add(1, Relaxed));
        let mut list = unpoisoned(self.list.write());
        list.push((id, Arc::new(listener)));
        id
    }

    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut list = unpoisoned(self.list.write());
        let found = list.iter().position(|(each, _)| *each == id);
        let removed = found.map(|index| list.remove(index));
        // Dropping a listener runs user code, so the lock is released first.
        drop(list);
        removed.is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        unpoisoned(self.list.read()).is_empty()
    }

    // B14: no lock is held while a listener runs, and a panic of the listener is contained.
    /// Calls every listener, and returns how many of them panicked.
    pub(crate) fn notify(&self, event: &Event) -> u64 {
        let list = unpoisoned(self.list.read());
        let listeners: Vec<Listener> = list.iter().map(|(_, each)| Arc::clone(each)).collect();
        drop(list);
        let mut panics = 0;
        for listener in listeners {
            // If the listener was removed meanwhile, this drops its last reference, which also runs
            // user code.
            panics += u64::from(contain(|| listener(event)).is_none());
            panics += u64::from(contain(|| drop(listener)).is_none());
        }
        panics
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}
