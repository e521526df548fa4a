//! Breakers by name: what code declares, and what operators find.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::breaker::{BreakerConfig, CircuitBreaker, Snapshot};
use crate::error::ConfigError;
use crate::event::{Event, EventKind, ListenerId, Listeners};
use crate::name::Name;
use crate::time::Source;

/// Breakers by name. Clones are handles of the same registry.
///
/// Every `#[circuit_breaker]` is in the [global](Registry::global) one from the first call of its function on; functions
/// that give one `name` share one breaker.
///
/// ```
/// use resilient_core::{BreakerConfig, Registry};
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register("payments", BreakerConfig::default());
///
/// // Elsewhere, an operator:
/// registry.get("payments").unwrap().force_open();
/// assert!(payments.try_acquire().is_err());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    entries: RwLock<BTreeMap<Name, Entry>>,
    listeners: Arc<Listeners>,
}

#[derive(Debug)]
struct Entry {
    breaker: CircuitBreaker,
    /// As it was declared: what a second declaration is compared with.
    config: BreakerConfig,
    place: &'static Location<'static>,
    conflict_told: bool,
}

/// What an annotated function declares at its first call.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: Name,
    /// Whether the name was given, and so may be shared.
    pub(crate) is_given: bool,
    /// Whether it says anything but the name: else it takes the settings as they are.
    pub(crate) has_settings: bool,
    pub(crate) config: BreakerConfig,
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) place: &'static Location<'static>,
}

/// The name is taken by another breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTaken {
    name: Name,
}

impl std::fmt::Display for NameTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &*self.name;
        write!(
            f,
            "another circuit breaker is registered as `{name}`: give this one another name"
        )
    }
}

impl std::error::Error for NameTaken {}

impl Registry {
    /// An empty registry of one's own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry of the annotated functions of this process.
    #[must_use]
    pub fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(Registry::new);
        &GLOBAL
    }

    /// The breaker of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        self.read().get(name).map(|entry| entry.breaker.clone())
    }

    /// The breaker of this name, made with `config` if there is none. However many threads ask at once, there is one.
    ///
    /// If it was declared with other settings before, those hold, and the conflict is told once: as
    /// [`EventKind::Conflict`], and as a warning with the feature `tracing`.
    #[track_caller]
    #[must_use]
    pub fn get_or_register(&self, name: &str, config: BreakerConfig) -> CircuitBreaker {
        if let Some(entry) = self.read().get(name) {
            if entry.config == config {
                return entry.breaker.clone();
            }
        }
        let declared = Declared {
            name: Name::from(name.to_owned()),
            is_given: true,
            has_settings: true,
            config,
            errors: Vec::new(),
            place: Location::caller(),
        };
        let (breaker, events) = self.declare(declared, |name, config| {
            CircuitBreaker::build(name, config, Source::Default)
        });
        for event in events {
            breaker.tell(event);
        }
        breaker
    }

    /// Puts a breaker that somebody else owns under its name.
    ///
    /// # Errors
    ///
    /// [`NameTaken`], if another breaker has the name. To register the same one twice is none.
    #[track_caller]
    pub fn register(&self, breaker: &CircuitBreaker) -> Result<(), NameTaken> {
        let name = breaker.shared_name();
        let entry = Entry {
            breaker: breaker.clone(),
            config: breaker.config(),
            place: Location::caller(),
            conflict_told: false,
        };
        let mut entries = self.write();
        match entries.get(&name) {
            Some(taken) if taken.breaker.is(breaker) => Ok(()),
            Some(_) => Err(NameTaken { name }),
            None => {
                entries.insert(name, entry);
                breaker.join(&self.0.listeners);
                Ok(())
            }
        }
    }

    /// All breakers, ordered by name.
    #[must_use]
    pub fn breakers(&self) -> Vec<CircuitBreaker> {
        let entries = self.read();
        entries
            .values()
            .map(|entry| entry.breaker.clone())
            .collect()
    }

    /// What there is to know about all breakers, ordered by name.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Snapshot> {
        self.breakers()
            .iter()
            .map(CircuitBreaker::snapshot)
            .collect()
    }

    /// Calls `listener` with every event of every breaker that is or will be here. See
    /// [`CircuitBreaker::on_event`].
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.0.listeners.add(listener)
    }

    /// Removes a listener; `false` if it is not there.
    #[expect(
        clippy::must_use_candidate,
        reason = "who removes one rarely asks whether it was there"
    )]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.0.listeners.remove(id)
    }

    /// The breaker for a declaration, which is the one that has the name already or what `make` makes of it, and what is
    /// to be told about it. `make` runs under the registry's lock.
    pub(crate) fn declare(
        &self,
        mut declared: Declared,
        make: impl FnOnce(Name, BreakerConfig) -> CircuitBreaker,
    ) -> (CircuitBreaker, Vec<EventKind>) {
        let errors = declared.errors.into_iter();
        let mut events: Vec<_> = errors.map(EventKind::InvalidSetting).collect();
        let mut entries = self.write();
        if !declared.is_given {
            declared.name = unused_name(&entries, &declared.name, declared.place);
        }
        let breaker = if let Some(entry) = entries.get_mut(&declared.name) {
            let differs = declared.has_settings && entry.config != declared.config;
            if differs && !entry.conflict_told {
                entry.conflict_told = true;
                events.push(EventKind::Conflict {
                    first: entry.place,
                    second: declared.place,
                });
            }
            entry.breaker.clone()
        } else {
            let breaker = make(declared.name.clone(), declared.config.clone());
            breaker.join(&self.0.listeners);
            let entry = Entry {
                breaker: breaker.clone(),
                config: declared.config,
                place: declared.place,
                conflict_told: false,
            };
            entries.insert(declared.name, entry);
            breaker
        };
        (breaker, events)
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Name, Entry>> {
        self.0
            .entries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Name, Entry>> {
        self.0
            .entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A default name belongs to one function: another function of the same path gets its place appended.
fn unused_name(
    entries: &BTreeMap<Name, Entry>,
    name: &Name,
    place: &'static Location<'static>,
) -> Name {
    let mut candidate = name.clone();
    let mut tries = 0_u32;
    while entries.contains_key(&candidate) {
        let (file, line, column) = (place.file(), place.line(), place.column());
        candidate = Name::from(match tries {
            0 => format!("{} ({file}:{line})", &**name),
            1 => format!("{} ({file}:{line}:{column})", &**name),
            _ => format!("{} ({file}:{line}:{column} #{tries})", &**name),
        });
        tries += 1;
    }
    candidate
}
