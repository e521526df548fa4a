//! What code says of a name, and what comes of it.

use std::collections::BTreeMap;
use std::panic::Location;
use std::time::Instant;

use super::{Entries, Entry, Member, Registry};
use crate::breaker::shared::{Settings, Setup};
use crate::breaker::{BreakerConfig, BreakerConfigBuilder};
use crate::event::EventKind;
use crate::signal::Name;
use crate::time::Source;

/// What an annotated function, or code by hand, declares.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: Name,
    /// Whether the name was given, and so may be shared.
    pub(crate) is_given: bool,
    pub(crate) settings: BreakerConfigBuilder,
    /// Whether it says anything but the name: else it takes the settings as they are.
    pub(crate) has_settings: bool,
    pub(crate) place: &'static Location<'static>,
}

impl Declared {
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

/// The clock of breakers to come, and its time: read before the registry's lock is taken, and before any cell is entered.
#[derive(Debug)]
pub(crate) struct Clocked {
    clock: Source,
    now: Instant,
}

/// What a name stands for now, and what is to be told about it.
#[must_use]
pub(crate) struct Found<H> {
    handle: H,
    member: Member,
    untold: Vec<EventKind>,
}

impl<H> Found<H> {
    /// Tells it, under no lock.
    pub(crate) fn tell(self) -> H {
        self.member.tell(self.untold);
        self.handle
    }

    /// The same, later.
    pub(crate) fn into_parts(self) -> (H, Member, Vec<EventKind>) {
        (self.handle, self.member, self.untold)
    }
}

impl Registry {
    pub(crate) fn clocked(&self) -> Clocked {
        let clock = self.read().clock.clone();
        let now = clock.now_or_real();
        Clocked { clock, now }
    }

    /// What has the declared name already, if `find` finds in it what is asked for; or what `make` makes, under the
    /// registry's lock.
    pub(crate) fn declare<H>(
        &self,
        declared: Declared,
        clocked: Clocked,
        find: impl Fn(&Member) -> Option<H>,
        make: impl FnOnce(Setup) -> (Member, H),
    ) -> Found<H> {
        // Without an operator's overrides, and told of below with them.
        let (config, _) = declared.settings.clone().build_leniently();
        let mut name = declared.name;
        let mut untold = Vec::new();
        let mut entries = self.write();
        if !declared.is_given {
            name = unused_name(&entries.by_name, &name, declared.place);
        }
        if let Some(entry) = entries.by_name.get_mut(&name) {
            let found = find(&entry.member);
            let differs = declared.has_settings && entry.config != config;
            if (differs || found.is_none()) && !entry.conflict_told {
                entry.conflict_told = true;
                untold.push(EventKind::Conflict {
                    first: entry.place,
                    second: declared.place,
                });
            }
            if let Some(handle) = found {
                return Found {
                    handle,
                    member: entry.member.clone(),
                    untold,
                };
            }
            // The name is that of another kind: this place may have been given one of its own before.
            let known = names_with_place(&name, declared.place)
                .map_while(|candidate| entries.by_name.get(&candidate))
                .filter(|entry| entry.place == declared.place)
                .find_map(|entry| Some((find(&entry.member)?, entry.member.clone())));
            if let Some((handle, member)) = known {
                return Found {
                    handle,
                    member,
                    untold,
                };
            }
            name = unused_name(&entries.by_name, &name, declared.place);
        }
        let (settings, errors) = entries.settings_leniently_of(&name, &declared.settings);
        untold.extend(errors);
        let Clocked { clock, now } = clocked;
        let setup = Setup::at(name.clone(), settings, clock, now);
        let (member, handle) = make(setup);
        member.join(&self.0.listeners);
        let entry = Entry {
            member: member.clone(),
            config,
            place: declared.place,
            conflict_told: false,
        };
        entries.by_name.insert(name, entry);
        Found {
            handle,
            member,
            untold,
        }
    }
}

impl Entries {
    /// The settings that hold for a new breaker. What breaks a rule is left out, and told: there is nobody to return an
    /// error to.
    pub(super) fn settings_leniently(
        &self,
        name: &str,
        config: &BreakerConfig,
    ) -> (Settings, Vec<EventKind>) {
        self.settings_leniently_of(name, &config.to_builder())
    }

    fn settings_leniently_of(
        &self,
        name: &str,
        declared: &BreakerConfigBuilder,
    ) -> (Settings, Vec<EventKind>) {
        let (config, errors) = self.overrides.over(name, declared).build_leniently();
        let settings = Settings {
            config: config.into_shared(),
            mode: self.overrides.mode(name),
            version: self.version,
        };
        let errors = errors.into_iter().map(EventKind::InvalidSetting).collect();
        (settings, errors)
    }
}

/// A default name belongs to one function: another function of the same path gets its place appended.
fn unused_name(
    entries: &BTreeMap<Name, Entry>,
    name: &Name,
    place: &'static Location<'static>,
) -> Name {
    std::iter::once(name.clone())
        .chain(names_with_place(name, place))
        .find(|candidate| !entries.contains_key(candidate))
        .unwrap_or_else(|| name.clone())
}

/// The name with the place appended, in one way after the other.
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
