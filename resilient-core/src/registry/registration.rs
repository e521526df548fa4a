//! A registration of a name by code, and its result.

use std::ops::Bound::{Included, Unbounded};
use std::panic::Location;

use super::declared::{Declared, Hold, Merged};
use super::unused_name::{place_prefix, unused_name};
use super::{BreakerEntry, Entry, Registry, next_version};
use crate::breaker::shared::{LiveSettings, Setup};
use crate::breaker::{BreakerConfig, BreakerConfigBuilder};
use crate::event::EventKind;
use crate::signal::Name;
use crate::time::ClockReading;

/// The registration that an annotated function makes, or that code makes by hand.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) name: Name,
    /// Whether the code gave the name. Other code may share a given name.
    pub(crate) is_given: bool,
    /// Whether the registration is of a group with a breaker for each key.
    pub(crate) is_keyed: bool,
    pub(crate) settings: BreakerConfigBuilder,
    /// Whether the registration gives settings. Without settings, it accepts the settings that
    /// another registration of the name gives.
    pub(crate) has_settings: bool,
    pub(crate) place: &'static Location<'static>,
    pub(crate) hold: Hold,
}

impl Registration {
    #[track_caller]
    pub(super) fn by_hand(name: &str, config: BreakerConfig) -> Self {
        Self {
            name: Name::from(name.to_owned()),
            is_given: true,
            is_keyed: false,
            settings: config.into(),
            has_settings: true,
            place: Location::caller(),
            hold: Hold::Code,
        }
    }

    /// Makes the registration of a lease. Its settings are those that the user of the client gave.
    #[track_caller]
    pub(super) fn of_lease(name: &str, config: BreakerConfig) -> Self {
        let has_settings = config.gives_settings();
        Self { has_settings, hold: Hold::Lease, ..Self::by_hand(name, config) }
    }

    pub(super) fn declared(&self) -> Declared<BreakerConfig> {
        // The errors are dropped here. They are reported when the settings apply, together with the
        // overrides.
        let (config, _) = self.settings.clone().build_leniently();
        Declared::new(config, self.has_settings, self.place)
    }
}

/// The result of a registration, and what remains to be done without a lock.
#[must_use]
pub(crate) struct Registered<H> {
    handle: H,
    news: News,
}

/// Settings to apply to a registered entry, and events to deliver.
#[derive(Debug)]
#[must_use]
pub(crate) struct News {
    entry: Entry,
    /// The settings of a later declaration, which apply to the live breaker from now on.
    adopted: Option<LiveSettings>,
    events: Vec<EventKind>,
}

impl News {
    /// Applies the settings and delivers the events. The caller must hold no lock.
    pub(crate) fn deliver(self) {
        if let Some(settings) = self.adopted {
            self.entry.reconfigure(settings);
        }
        self.entry.notify(self.events);
    }
}

impl<H> Registered<H> {
    /// Delivers the news. The caller must hold no lock.
    pub(crate) fn notify(self) -> H {
        self.news.deliver();
        self.handle
    }

    /// Returns the handle, and the news to deliver later.
    pub(crate) fn into_parts(self) -> (H, News) {
        (self.handle, self.news)
    }
}

impl Registry {
    /// Reads the clock for new breakers. Call it before the registry's lock is taken.
    pub(crate) fn read_clock(&self) -> ClockReading {
        self.read().clock.clone().read()
    }

    // G1, G3, G7: names are unique, conflicts are reported, and only one of several threads
    // registers a name.
    /// Registers a name. If `find` accepts the existing entry of the name, returns that entry;
    /// otherwise calls `make` under the registry's lock and adds the new entry.
    pub(crate) fn register_entry<H>(
        &self,
        registration: Registration,
        clock: ClockReading,
        find: impl Fn(&Entry) -> Option<H>,
        make: impl FnOnce(Setup) -> (Entry, H),
    ) -> Registered<H> {
        let declared = registration.declared();
        let mut name = registration.name;
        let mut events = Vec::new();
        let mut entries = self.write();
        if !registration.is_given {
            let is_taken = |name: &Name| entries.by_name.contains_key(name);
            name = unused_name(&name, registration.place, is_taken);
        }
        if let Some(taken) = entries.by_name.get_mut(&name) {
            if let Some(handle) = find(&taken.item) {
                taken.hold = taken.hold.max(registration.hold);
                let entry = taken.item.clone();
                let adopted = match taken.declared.merge(declared) {
                    Merged::Kept => None,
                    Merged::Conflict(event) => {
                        events.push(event);
                        None
                    }
                    Merged::Adopted => {
                        let (settings, errors) = entries.settings_leniently(
                            &name,
                            registration.is_keyed,
                            registration.settings,
                            registration.place,
                        );
                        events.extend(errors);
                        Some(settings.with_version(next_version()))
                    }
                };
                return Registered { handle, news: News { entry, adopted, events } };
            }
            events.extend(taken.declared.conflict_with(registration.place));
            // The name has another kind of entry. If this source location has registered a longer
            // name before, use the entry of that name. Shorter ones of this location may have left
            // since.
            let prefix = place_prefix(&name, registration.place);
            let longer = entries.by_name.range_mut::<str, _>((Included(&*prefix), Unbounded));
            let known = longer
                .take_while(|(longer, _)| longer.starts_with(&*prefix))
                .filter(|(_, known)| known.declared.place == registration.place)
                .find_map(|(_, known)| Some((find(&known.item)?, known)));
            if let Some((handle, known)) = known {
                known.hold = known.hold.max(registration.hold);
                let entry = known.item.clone();
                return Registered { handle, news: News { entry, adopted: None, events } };
            }
            let is_taken = |name: &Name| entries.by_name.contains_key(name);
            name = unused_name(&name, registration.place, is_taken);
        }
        let (settings, errors) = entries.settings_leniently(
            &name,
            registration.is_keyed,
            registration.settings,
            registration.place,
        );
        events.extend(errors);
        let (entry, handle) = make(Setup::new(name.clone(), settings, clock));
        entry.join(self.listeners());
        let known = BreakerEntry { item: entry.clone(), declared, hold: registration.hold };
        entries.by_name.insert(name, known);
        Registered { handle, news: News { entry, adopted: None, events } }
    }
}
