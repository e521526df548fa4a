//! What code registers for a name, and the result.

use std::collections::BTreeMap;
use std::panic::Location;

use super::{BreakerEntry, Entry, Registry};
use crate::breaker::shared::Setup;
use crate::breaker::{BreakerConfig, BreakerConfigBuilder};
use crate::event::EventKind;
use crate::signal::Name;
use crate::time::ClockReading;

/// What an annotated function, or code by hand, registers.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) name: Name,
    /// Whether the code gave the name: then other code may share it.
    pub(crate) is_given: bool,
    pub(crate) settings: BreakerConfigBuilder,
    /// Whether it gives settings; otherwise it accepts those of the name.
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
    /// Delivers the events. To be called under no lock.
    pub(crate) fn notify(self) -> H {
        self.entry.notify(self.events);
        self.handle
    }

    /// The handle and the events, to deliver later.
    pub(crate) fn into_parts(self) -> (H, Vec<EventKind>) {
        (self.handle, self.events)
    }
}

impl Registry {
    /// Reads the clock of future breakers. To be called before the registry's lock is taken.
    pub(crate) fn read_clock(&self) -> ClockReading {
        self.read().clock.clone().read()
    }

    // G1, G3, G7: names are unique, conflicts are reported, and of several threads one registers.
    /// Returns what has the name already, if `find` finds the wanted kind in it; otherwise what
    /// `make` makes, under the registry's lock.
    pub(crate) fn register_entry<H>(
        &self,
        registration: Registration,
        clock: ClockReading,
        find: impl Fn(&Entry) -> Option<H>,
        make: impl FnOnce(Setup) -> (Entry, H),
    ) -> Registered<H> {
        // Errors are reported below, with the overrides.
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
            // The name has another kind of entry: this place may already have another name.
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

/// A default name belongs to one function; another function with the same path gets its place
/// appended.
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

/// The name with the place appended, in ever longer ways.
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
