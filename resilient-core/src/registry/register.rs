//! The functions that register breakers by hand.

use std::panic::Location;
use std::sync::Arc;

use super::declared::{Declared, Hold};
use super::{BreakerEntry, Entry, NameTakenError, Registration, Registry, next_version};
use crate::breaker::{BreakerConfig, CircuitBreaker};
use crate::keyed::{BreakerKey, Group, KeyedBreakers, KeyedEntry};
use crate::signal::Name;

impl Registry {
    /// Returns the breaker of this name, and makes it with `config` if the name is new. If many
    /// threads ask at once, all of them receive the same breaker.
    ///
    /// `config` counts as settings, even if it holds only defaults. If other code has only named
    /// the breaker so far, as an attribute without settings does, the settings of `config` apply
    /// from now on, as an override would.
    ///
    /// If the name was registered with other settings before, the earlier settings apply. The
    /// conflict is reported once: as [`EventKind::Conflict`](crate::event::EventKind::Conflict),
    /// and as a warning with the feature `tracing`. If the name has a breaker for each key, the
    /// same conflict is reported, and the new breaker's name is this name plus the source location
    /// of the call.
    ///
    /// The breaker stays in the registry until code [unregisters](Registry::unregister) it. For a
    /// breaker that leaves the registry when its last handle is dropped, see [`Registry::lease`].
    #[track_caller]
    #[must_use]
    pub fn get_or_register(&self, name: &str, config: BreakerConfig) -> CircuitBreaker {
        if let Some(known) = self.read().by_name.get(name) {
            if let Entry::One(breaker) = &known.item {
                if known.hold >= Hold::Code && known.declared.has(&config) {
                    return breaker.clone();
                }
            }
        }
        self.register_breaker(Registration::by_hand(name, config))
    }

    pub(super) fn register_breaker(&self, registration: Registration) -> CircuitBreaker {
        let registered =
            self.register_entry(registration, self.read_clock(), Entry::one, |setup| {
                let breaker = CircuitBreaker::build(setup);
                (Entry::One(breaker.clone()), breaker)
            });
        registered.notify()
    }

    /// Returns the breakers of this name, one for each key, and registers them with `config` if the
    /// name is new.
    ///
    /// Other settings are a conflict, as with [`get_or_register`](Registry::get_or_register). A
    /// name that has a single breaker, or keys of another type, is also a conflict. In that case
    /// the name of the new breakers is this name plus the source location of the call.
    #[track_caller]
    #[must_use]
    pub fn get_or_register_keyed<K: BreakerKey>(
        &self,
        name: &str,
        config: BreakerConfig,
    ) -> KeyedBreakers<K> {
        let registration = Registration::by_hand(name, config);
        KeyedBreakers::of(self.register_group(registration))
    }

    pub(crate) fn register_group<K: BreakerKey>(
        &self,
        registration: Registration,
    ) -> Arc<Group<K>> {
        let registration = Registration { is_keyed: true, ..registration };
        #[cfg(feature = "inventory")]
        let registration = self.merge_expected(registration);
        let registered =
            self.register_entry(registration, self.read_clock(), Entry::keyed::<K>, |setup| {
                let group = Arc::new(Group::<K>::new(setup));
                let entry: Arc<dyn KeyedEntry> = group.clone();
                (Entry::Keyed(entry), group)
            });
        registered.notify()
    }

    // G6: a breaker that the caller owns is in the registry only if it was registered.
    /// Registers a breaker under its name.
    ///
    /// # Errors
    ///
    /// Returns a [`NameTakenError`] if another breaker has the name, or if the breaker belongs to a
    /// single key. Register the group of such a breaker with
    /// [`register_keyed`](Registry::register_keyed). Registering the same breaker twice is not an
    /// error.
    #[track_caller]
    pub fn register(&self, breaker: &CircuitBreaker) -> Result<(), NameTakenError> {
        let name = breaker.shared().name().clone();
        if name.key().is_some() {
            return Err(NameTakenError { name, what: "circuit breaker" });
        }
        let entry = Entry::One(breaker.clone());
        self.insert(name, &entry, &breaker.config())
    }

    /// Registers a group of keyed breakers under its name.
    ///
    /// # Errors
    ///
    /// Returns a [`NameTakenError`] if another breaker has the name.
    #[track_caller]
    pub fn register_keyed<K: BreakerKey>(
        &self,
        breakers: &KeyedBreakers<K>,
    ) -> Result<(), NameTakenError> {
        let group = Arc::clone(breakers.group());
        let config = group.config();
        let name = group.name().clone();
        self.insert(name, &Entry::Keyed(group), &config)
    }

    #[track_caller]
    fn insert(
        &self,
        name: Name,
        entry: &Entry,
        config: &BreakerConfig,
    ) -> Result<(), NameTakenError> {
        let declared = Declared::new(config.clone(), true, Location::caller());
        let hold = if entry.is_of_function() { Hold::Function } else { Hold::Code };
        let mut entries = self.write();
        match entries.by_name.get_mut(&name) {
            Some(taken) if taken.item.is(entry) => {
                taken.hold = taken.hold.max(hold);
                return Ok(());
            }
            Some(_) => {
                return Err(NameTakenError { name, what: "circuit breaker" });
            }
            None => {}
        }
        let (settings, errors) = entries.settings_leniently(
            &name,
            entry.is_keyed(),
            config.to_builder(),
            declared.place,
        );
        let known = BreakerEntry { item: entry.clone(), declared, hold };
        let settings = settings.with_version(next_version());
        entries.by_name.insert(name, known);
        // Connect the listeners under the lock. Otherwise another thread could unregister the
        // breaker before this thread connects them, and the registry would receive events of a
        // removed breaker.
        entry.join(self.listeners());
        drop(entries);
        entry.reconfigure(settings);
        entry.notify(errors);
        Ok(())
    }
}
