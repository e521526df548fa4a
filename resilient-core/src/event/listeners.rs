//! Those who listen: to one breaker, or to a registry.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};

use super::Event;
use crate::platform::{contain, discard};

/// Names a listener, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Those who listen to one breaker, or to a registry.
#[derive(Default)]
pub(crate) struct Listeners {
    list: RwLock<Vec<(ListenerId, Listener)>>,
}

impl Listeners {
    pub(crate) fn add(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = ListenerId(NEXT.fetch_add(1, Relaxed));
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.push((id, Arc::new(listener)));
        id
    }

    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let found = list.iter().position(|(each, _)| *each == id);
        let removed = found.map(|index| list.remove(index));
        // A listener's own drop is user code: not under the lock.
        drop(list);
        removed.is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.is_empty()
    }

    /// Tells every listener, and says how many of them panicked. No lock is held meanwhile.
    pub(crate) fn tell(&self, event: &Event) -> u64 {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let listeners: Vec<Listener> = list.iter().map(|(_, each)| Arc::clone(each)).collect();
        drop(list);
        let mut panics = 0;
        for listener in listeners {
            // It may have been removed meanwhile, so that dropping it is its own code, too.
            let told = contain(|| listener(event));
            let dropped = contain(|| drop(listener));
            for payload in [told.err(), dropped.err()].into_iter().flatten() {
                discard(payload);
                panics += 1;
            }
        }
        panics
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}
