//! The functions that register and remove breakers by hand.

use std::panic::Location;
use std::sync::Arc;

use super::{BreakerEntry, Entry, NameTakenError, Registration, Registry, next_version};
use crate::breaker::shared::LiveSettings;
use crate::breaker::{BreakerConfig, CircuitBreaker};
use crate::keyed::{BreakerKey, Group, KeyedBreakers, KeyedEntry};
use crate::signal::Name;

impl Registry {
    /// Returns the breaker of this name, and makes it with `config` if the name is new. If many
    /// threads ask at once, all of them receive the same breaker.
    ///
    /// If the name was registered with other settings before, the earlier settings apply. The
    /// conflict is reported once: as [`EventKind::Conflict`](crate::event::EventKind::Conflict),
    /// and as a warning with the feature `tracing`. If the name has a breaker for each key, the
    /// same conflict is reported, and the new breaker's name is this name plus the source location
    /// of the call.
    #[track_caller]
    #[must_use]
    pub fn get_or_register(&self, name: &str, config: BreakerConfig) -> CircuitBreaker {
        if let Some(known) = self.read().by_name.get(name) {
            if let Entry::One(breaker) = &known.entry {
                if known.config == config {
                    return breaker.clone();
                }
            }
        }
        let registration = Registration::by_hand(name, config);
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
        self.insert(name, &entry, breaker.config())
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
        let config = (*group.config()).clone();
        let name = group.name().clone();
        self.insert(name, &Entry::Keyed(group), config)
    }

    #[track_caller]
    fn insert(
        &self,
        name: Name,
        entry: &Entry,
        config: BreakerConfig,
    ) -> Result<(), NameTakenError> {
        let place = Location::caller();
        let mut entries = self.write();
        match entries.by_name.get(&name) {
            Some(taken) if taken.entry.is(entry) => return Ok(()),
            Some(_) => {
                return Err(NameTakenError { name, what: "circuit breaker" });
            }
            None => {}
        }
        let (settings, errors) = entries.settings_leniently(&name, &config.to_builder());
        let is_overridden = settings.mode.is_some() || *settings.config != config;
        let known = BreakerEntry { entry: entry.clone(), config, place, conflict_reported: false };
        let settings = LiveSettings { version: next_version(), ..settings };
        entries.by_name.insert(name, known);
        // Join under the lock. Otherwise `unregister` could leave before this join, and the
        // registry would hear a removed breaker. Groups are never removed, so they join later.
        if let Entry::One(breaker) = entry {
            breaker.shared().join(self.listeners());
        }
        drop(entries);
        if let Entry::Keyed(group) = entry {
            group.join(self.listeners());
        }
        if is_overridden {
            entry.reconfigure(settings);
        }
        entry.notify(errors);
        Ok(())
    }

    // G8: a breaker that was registered can be removed.
    /// Removes a breaker from the registry and frees its name. Its handles remain usable, with the
    /// settings of the code. Returns `false` if the breaker is not registered. The breaker of an
    /// annotated function stays, since the function continues to use it.
    #[expect(clippy::must_use_candidate, reason = "few callers ask whether it was there")]
    pub fn unregister(&self, breaker: &CircuitBreaker) -> bool {
        if breaker.is_of_function() {
            return false;
        }
        let mut entries = self.write();
        let name = breaker.shared().name();
        let entry = Entry::One(breaker.clone());
        if !entries.by_name.get(name).is_some_and(|known| known.entry.is(&entry)) {
            return false;
        }
        let removed = entries.by_name.remove(name);
        let version = next_version();
        breaker.shared().leave(self.listeners());
        drop(entries);
        if let Some(removed) = removed {
            let settings = LiveSettings::of_code(removed.config);
            breaker.shared().reconfigure(LiveSettings { version, ..settings });
        }
        true
    }
}
