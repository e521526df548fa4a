//! A registration of a name by code, and its result.

use std::collections::BTreeMap;
use std::panic::Location;

use super::{BreakerEntry, Entry, Registry};
use crate::breaker::shared::Setup;
use crate::breaker::{BreakerConfig, BreakerConfigBuilder};
use crate::event::EventKind;
use crate::signal::Name;
use crate::time::ClockReading;

/// The registration that an annotated function makes, or that code makes by hand.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) name: Name,
    /// Whether the code gave the name. Other code may share a given name.
    pub(crate) is_given: bool,
    pub(crate) settings: BreakerConfigBuilder,
    /// Whether the registration gives settings. Without settings, it accepts the settings that the
    /// name already has.
    pub(crate) has_settings: bool,
    pub(crate) place: &'static Location<'static>,
}

impl Registration {
    #[track_caller]
    pub(super) fn by_hand(name: &str, config: BreakerConfig) -> Self {
        Self {
            name: Name::from(name.to_owned()),
            is_given: true,
            settings: config.into(),
            has_settings: true,
            place: Location::caller(),
        }
    }
}

/// The result of a registration, and the events to deliver.
#[must_use]
pub(crate) struct Registered<H> {
    handle: H,
    entry: Entry,
    events: Vec<EventKind>,
}

impl<H> Registered<H> {
    /// Delivers the events. The caller must hold no lock.
    pub(crate) fn notify(self) -> H {
        self.entry.notify(self.events);
        self.handle
    }

    /// Returns the handle, and the events to deliver later.
    pub(crate) fn into_parts(self) -> (H, Vec<EventKind>) {
        (self.handle, self.events)
    }
}

impl Registry {
    /// Reads the clock for new breakers. Call it before the registry's lock is taken.
    pub(crate) fn read_clock(&self) -> ClockReading {
        self.read().clock.clone().read()
    }

    // G1, G3, G7: names are unique, conflicts are reported, and of several threads one registers.
    /// Registers a name. If `find` accepts the existing entry of the name, returns that entry;
    /// otherwise calls `make` under the registry's lock and adds the new entry.
    pub(crate) fn register_entry<H>(
        &self,
        registration: Registration,
        clock: ClockReading,
        find: impl Fn(&Entry) -> Option<H>,
        make: impl FnOnce(Setup) -> (Entry, H),
    ) -> Registered<H> {
        // The errors are dropped here. They are reported below, after the overrides are applied.
        let (config, _) = registration.settings.clone().build_leniently();
        let mut name = registration.name;
        let mut events = Vec::new();
        let mut entries = self.write();
        if !registration.is_given {
            name = unused_name(&entries.by_name, &name, registration.place);
        }
        if let Some(taken) = entries.by_name.get_mut(&name) {
            let found = find(&taken.entry);
            let differs = registration.has_settings && taken.config != config;
            if (differs || found.is_none()) && !taken.conflict_reported {
                taken.conflict_reported = true;
                events.push(EventKind::Conflict { first: taken.place, second: registration.place });
            }
            if let Some(handle) = found {
                return Registered { handle, entry: taken.entry.clone(), events };
            }
            // The name has another kind of entry. If this source location has registered a longer
            // name before, use the entry of that name.
            let known = names_with_place(&name, registration.place)
                .map_while(|candidate| entries.by_name.get(&candidate))
                .filter(|known| known.place == registration.place)
                .find_map(|known| Some((find(&known.entry)?, known.entry.clone())));
            if let Some((handle, entry)) = known {
                return Registered { handle, entry, events };
            }
            name = unused_name(&entries.by_name, &name, registration.place);
        }
        let (settings, errors) = entries.settings_leniently(&name, &registration.settings);
        events.extend(errors);
        let (entry, handle) = make(Setup::new(name.clone(), settings, clock));
        entry.join(self.listeners());
        let known = BreakerEntry {
            entry: entry.clone(),
            config,
            place: registration.place,
            conflict_reported: false,
        };
        entries.by_name.insert(name, known);
        Registered { handle, entry, events }
    }
}

/// Returns `name`, or, if an entry already has that name, a longer name that contains the source
/// location. Two functions with the same path would otherwise share a default name. An entry of
/// another kind can have the name, too.
fn unused_name(
    entries: &BTreeMap<Name, BreakerEntry>,
    name: &Name,
    place: &'static Location<'static>,
) -> Name {
    std::iter::once(name.clone())
        .chain(names_with_place(name, place))
        .find(|candidate| !entries.contains_key(candidate))
        .unwrap_or_else(|| name.clone())
}

/// Returns longer and longer names, each with more of the source location appended.
fn names_with_place(
    name: &Name,
    place: &'static Location<'static>,
) -> impl Iterator<Item = Name> + use<> {
    let name = name.clone();
    let (file, line, column) = (place.file(), place.line(), place.column());
    (0_u32..).map(move |tries| {
        Name::from(match tries {
            0 => format!("{} ({file}:{line})", &*name),
            1 => format!("{} ({file}:{line}:{column})", &*name),
            _ => format!("{} ({file}:{line}:{column} #{tries})", &*name),
        })
    })
}
