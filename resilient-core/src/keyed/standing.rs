//! The settings and modes in which the breakers of a group start.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::breaker::shared::{LiveSettings, StartIn};
use crate::event::Listeners;
use crate::signal::{Hold, OverrideTable};

/// The settings, mode and listeners of every present and future breaker of the group.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) settings: LiveSettings,
    mode: StandingMode,
    /// The modes in which overrides let some keys start, by their tables. They win over `mode`.
    key_modes: Arc<BTreeMap<OverrideTable, StandingMode>>,
    /// The listeners of the group and of the registries that hold the group.
    pub(super) listeners: Vec<Arc<Listeners>>,
    /// A number that grows with every change of these values.
    pub(super) revision: u64,
}

/// The mode in which new keys start. An override or an operator sets it; the newer mode replaces
/// the older one.
#[derive(Debug, Clone, PartialEq)]
struct StandingMode {
    hold: Option<Hold>,
    /// When the mode was set, by the group's clock.
    since: Instant,
    is_of_override: bool,
}

impl StandingMode {
    fn by_hand(hold: Option<Hold>, since: Instant) -> Self {
        Self { hold, since, is_of_override: false }
    }

    fn of_override(hold: Option<Hold>, since: Instant) -> Self {
        Self { hold, since, is_of_override: true }
    }

    /// Returns the mode in which a breaker that is made now starts. If the mode has an end, it
    /// lasts only for the rest of its time.
    fn start_at(&self, now: Instant) -> StartIn {
        let passed = now.saturating_duration_since(self.since);
        let rest = |hold: &Hold| match hold.lasts {
            Some(time) => {
                let lasts = Some(time.checked_sub(passed).filter(|rest| !rest.is_zero())?);
                Some(Hold { lasts, ..hold.clone() })
            }
            None => Some(hold.clone()),
        };
        let hold = self.hold.as_ref().and_then(rest);
        StartIn { hold, is_of_override: self.is_of_override }
    }
}

impl Standing {
    pub(super) fn new(settings: LiveSettings, listeners: Arc<Listeners>, now: Instant) -> Self {
        let start_in = |hold: &Hold| StandingMode::of_override(Some(hold.clone()), now);
        Self {
            mode: StandingMode::of_override(settings.mode.clone(), now),
            key_modes: Arc::new(
                settings.key_modes().map(|(table, it)| (table.clone(), start_in(it))).collect(),
            ),
            settings,
            listeners: vec![listeners],
            revision: 0,
        }
    }

    /// Returns the settings of a key. `None` stands for the shared breaker, which has no override
    /// of a key even if its name looks like the key.
    pub(super) fn settings_of(&self, key: Option<&str>) -> LiveSettings {
        key.map_or_else(|| self.settings.of_name(), |key| self.settings.of_key(key))
    }

    /// Returns the mode in which the breaker of a key starts if it is made now. `None` stands for
    /// the shared breaker.
    pub(super) fn start_at(&self, key: Option<&str>, now: Instant) -> StartIn {
        let mut tables = key.into_iter().flat_map(|key| self.settings.key_tables(key));
        let of_key = tables.find_map(|table| self.key_modes.get(table));
        of_key.unwrap_or(&self.mode).start_at(now)
    }

    /// Returns whether the shared breaker starts in another mode.
    pub(super) fn differs_in_mode(&self, other: &Self) -> bool {
        self.mode != other.mode
    }

    /// Returns whether an operator has set by hand a mode in which future keys start.
    pub(super) fn is_held_by_hand(&self, now: Instant) -> bool {
        !self.mode.is_of_override && self.mode.start_at(now).hold.is_some()
    }

    pub(super) fn hears(&self, listeners: &Arc<Listeners>) -> bool {
        self.listeners.iter().any(|each| Arc::ptr_eq(each, listeners))
    }

    /// Sets the mode in which all keys start from now on. It is newer than the modes of overrides.
    pub(super) fn start_by_hand(&mut self, hold: Option<Hold>, now: Instant) {
        self.mode = StandingMode::by_hand(hold, now);
        self.key_modes = Arc::default();
        self.revision += 1;
    }

    // G2: a mode that an operator has set by hand after the override stays when the override is
    // cleared.
    pub(super) fn reconfigure(&mut self, settings: LiveSettings, now: Instant) {
        let is_new = self.settings.mode != settings.mode;
        if is_new && (settings.mode.is_some() || self.mode.is_of_override) {
            self.mode = StandingMode::of_override(settings.mode.clone(), now);
        }
        // A mode that is not new keeps its time. It is missing in `key_modes` if an operator has
        // set a state by hand since.
        let known: BTreeMap<_, _> = self.settings.key_modes().collect();
        let key_modes = settings.key_modes().filter_map(|(table, hold)| {
            let mode = if known.get(table) == Some(&hold) {
                self.key_modes.get(table)?.clone()
            } else {
                StandingMode::of_override(Some(hold.clone()), now)
            };
            Some((table.clone(), mode))
        });
        self.key_modes = Arc::new(key_modes.collect());
        self.settings = settings;
        self.revision += 1;
    }
}
