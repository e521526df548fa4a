//! The call site of an annotated function with a breaker for each key.

use std::any::Any;
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock};

use super::declaration::{Declaration, DeclaredBreaker};
use crate::breaker::CircuitBreaker;
use crate::keyed::{BreakerKey, Group};
use crate::platform::unpoisoned;
use crate::registry::Registry;

/// The call site of a function with a breaker for each key.
#[derive(Debug)]
pub struct KeyedCallSite {
    group: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// The groups for the second and further types of keys. There can be several types, because all
    /// instances of a generic function share this static.
    others: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
    pub(super) declared: DeclaredBreaker,
}

impl KeyedCallSite {
    /// Makes a call site, which its first call resolves.
    #[must_use]
    #[track_caller]
    pub const fn new(declare: fn() -> Declaration) -> Self {
        Self {
            group: OnceLock::new(),
            others: Mutex::new(Vec::new()),
            declared: DeclaredBreaker::new(declare),
        }
    }

    /// Returns the breaker of this key.
    pub fn breaker<K, Q>(&'static self, key: &Q) -> CircuitBreaker
    where
        K: BreakerKey + Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let group = self.group.get();
        match group.and_then(|group| group.downcast_ref::<Group<K>>()) {
            Some(group) => group.get(key),
            None => self.register::<K>().get(key),
        }
    }

    #[cold]
    fn register<K: BreakerKey>(&'static self) -> Arc<Group<K>> {
        if self.group.get().is_some() {
            if let Some(known) = self.other() {
                return known;
            }
        }
        let registration = self.declared.registration();
        let group = Registry::global().register_group::<K>(registration);
        let first = self.group.get_or_init(|| group.clone());
        if let Ok(first) = Arc::clone(first).downcast() {
            return first;
        }
        if let Some(known) = self.other() {
            return known;
        }
        unpoisoned(self.others.lock()).push(group.clone());
        group
    }

    fn other<K: BreakerKey>(&self) -> Option<Arc<Group<K>>> {
        let others = unpoisoned(self.others.lock());
        others.iter().find_map(|group| Arc::clone(group).downcast().ok())
    }
}
