//! What code has declared about a name, and how a later declaration changes it.

use std::panic::Location;

use crate::event::EventKind;

/// A registered item with the declarations of its name.
#[derive(Debug)]
pub(super) struct NamedEntry<T, C> {
    pub(super) item: T,
    pub(super) declared: Declared<C>,
    pub(super) hold: Hold,
}

impl<T, C> NamedEntry<T, C> {
    pub(super) fn is_leased(&self) -> bool {
        self.hold <= Hold::Lease
    }
}

/// The reason why a name stays in the registry. If a name has several registrations, the strongest
/// reason counts; the last variant is the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// Only the handles of an owner who shares the name with no one. No later owner may find a
    /// breaker or a budget, so these are released with the last handle, whatever they remember.
    Owner,
    /// Only handles: the name is released once no handle is left and the item is like a new one.
    Lease,
    /// Code that registered the name by hand and can unregister it.
    Code,
    /// An annotated function. The name is never removed, since the function continues to use it.
    Function,
}

/// The settings of the code under one name. Later declarations are compared with them, and
/// overrides apply on top of them.
#[derive(Debug)]
pub(super) struct Declared<C> {
    pub(super) config: C,
    /// Whether the declaration gives settings. If it only gives the name, the defaults apply until
    /// another declaration gives settings.
    pub(super) has_settings: bool,
    pub(super) place: &'static Location<'static>,
    conflict_reported: bool,
}

/// The effect of a later declaration.
#[derive(Debug)]
#[must_use]
pub(super) enum Merged {
    /// The settings stay.
    Kept,
    /// The later declaration is the first with settings. Its settings apply from now on.
    Adopted,
    /// The settings differ for the first time. The earlier settings stay.
    Conflict(EventKind),
}

impl<C: PartialEq> Declared<C> {
    pub(super) fn new(config: C, has_settings: bool, place: &'static Location<'static>) -> Self {
        Self { config, has_settings, place, conflict_reported: false }
    }

    // G3: the first declaration with settings gives them. A setting counts as given even if its
    // value equals the default.
    /// Merges a later declaration of the same name.
    pub(super) fn merge(&mut self, later: Self) -> Merged {
        if !later.has_settings || self.has(&later.config) {
            Merged::Kept
        } else if self.has_settings {
            self.conflict_with(later.place).map_or(Merged::Kept, Merged::Conflict)
        } else {
            *self = later;
            Merged::Adopted
        }
    }

    /// Returns whether a declaration gave these settings.
    pub(super) fn has(&self, config: &C) -> bool {
        self.has_settings && self.config == *config
    }

    /// Returns the event of a conflict, unless one was reported before.
    pub(super) fn conflict_with(&mut self, place: &'static Location<'static>) -> Option<EventKind> {
        let is_new = !std::mem::replace(&mut self.conflict_reported, true);
        is_new.then_some(EventKind::Conflict { first: self.place, second: place })
    }
}
