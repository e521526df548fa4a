//! The position of the registry's sweep for leased names that are no longer in use.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use crate::signal::Name;

/// The number of names of each kind that a new lease checks. It is more than one, so that unused
/// names leave faster than new names come.
const NAMES_PER_LEASE: usize = 4;

/// Where the last sweep ended, for each kind of name.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) breakers: Position,
    pub(super) budgets: Position,
    pub(super) retries: Position,
}

/// The last name that was checked. `None` means that the next sweep starts at the first name.
#[derive(Debug, Default)]
pub(super) struct Position(Option<Name>);

impl Position {
    /// Returns the leased names among the next names of the map, and moves the position past them.
    /// After the last name, the position returns to the start.
    pub(super) fn next<E>(
        &mut self,
        map: &BTreeMap<Name, E>,
        is_leased: impl Fn(&E) -> bool,
    ) -> Vec<Name> {
        let after = self.0.as_ref().map_or(Unbounded, Excluded);
        let seen: Vec<_> = map.range::<Name, _>((after, Unbounded)).take(NAMES_PER_LEASE).collect();
        let last = seen.last().filter(|_| seen.len() == NAMES_PER_LEASE);
        self.0 = last.map(|(name, _)| (*name).clone());
        let leased = seen.into_iter().filter(|(_, known)| is_leased(known));
        leased.map(|(name, _)| name.clone()).collect()
    }
}
