//! What breakers tell, and those who listen.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};

use crate::breaker::Transition;
use crate::error::ConfigError;
use crate::name::Name;

/// Something that happened to a breaker.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) breaker: Name,
    pub(crate) kind: EventKind,
}

impl Event {
    /// The breaker's name.
    #[must_use]
    pub fn breaker(&self) -> &str {
        &self.breaker
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

/// What happened to a breaker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum EventKind {
    /// It went from one state into another.
    Transition(Transition),
    /// It is in [`State::ObserveOnly`](crate::State::ObserveOnly) and would have opened: told once until it is put
    /// into another state.
    WouldOpen,
    /// Two places in the code give this name different settings. Those of the first hold.
    Conflict {
        /// Whose settings hold.
        first: &'static Location<'static>,
        /// Whose settings are not used.
        second: &'static Location<'static>,
    },
    /// A setting of an annotated function that is computed at run time is out of range. Its default holds.
    InvalidSetting(ConfigError),
}

/// Names a listener, to remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Those who listen to one breaker, or to a registry.
#[derive(Default)]
pub(crate) struct Listeners {
    list: RwLock<Vec<(ListenerId, Listener)>>,
    panics: AtomicU64,
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

    /// Tells every listener. No lock is held meanwhile; a panic is contained and counted.
    pub(crate) fn tell(&self, event: &Event) {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let listeners: Vec<Listener> = list.iter().map(|(_, each)| Arc::clone(each)).collect();
        drop(list);
        for listener in listeners {
            if let Err(payload) = contain(|| listener(event)) {
                discard(payload);
                self.panics.fetch_add(1, Relaxed);
            }
        }
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

/// Runs code that is not ours.
pub(crate) fn contain<R>(code: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(code))
}

/// Drops the payload of a contained panic, which may panic itself.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = contain(|| drop(payload)) {
        std::mem::forget(again);
    }
}
