//! The names that functions and other code have declared, for the search for misspelt overrides.

use std::collections::BTreeSet;
use std::ops::Bound::{Included, Unbounded};

use resilient_settings::suggest;

use super::{Entries, Registry};
use crate::signal::{NamePattern, OverrideTable, OverrideTarget};

/// A name that an annotated function has declared.
#[cfg(feature = "inventory")]
#[derive(Debug, Clone)]
pub(crate) struct DeclaredName {
    pub(crate) target: OverrideTarget,
    pub(crate) name: String,
    /// Whether the name has a breaker for each key.
    pub(crate) is_keyed: bool,
}

/// Returns the names of all annotated functions. A module above this one submits the function,
/// because only that module knows the functions.
#[cfg(feature = "inventory")]
pub(crate) struct AnnotatedNames(pub(crate) fn() -> Vec<DeclaredName>);

#[cfg(feature = "inventory")]
::inventory::collect!(AnnotatedNames);

/// The names that were declared so far.
#[derive(Debug, Default)]
pub(super) struct DeclaredNames {
    breakers: BTreeSet<String>,
    /// The names that have a breaker for each key. They are in `breakers`, too.
    keyed: BTreeSet<String>,
    budgets: BTreeSet<String>,
    retries: BTreeSet<String>,
    /// Whether the names of all annotated functions are known, even of those that no call has
    /// registered yet.
    pub(super) are_complete: bool,
}

impl Registry {
    /// Returns the names of annotated functions, if this is their registry. This evaluates the
    /// settings of the functions, so the caller must hold no lock.
    #[cfg_attr(not(feature = "inventory"), expect(clippy::unused_self, reason = "no list"))]
    pub(super) fn annotated_names(&self) -> DeclaredNames {
        #[cfg(feature = "inventory")]
        if self.is_global() {
            let sources = ::inventory::iter::<AnnotatedNames>.into_iter();
            let mut names = DeclaredNames { are_complete: true, ..DeclaredNames::default() };
            for DeclaredName { target, name, is_keyed } in sources.flat_map(|source| (source.0)()) {
                names.add(target, is_keyed, name);
            }
            return names;
        }
        DeclaredNames::default()
    }
}

impl DeclaredNames {
    /// Adds the names that are registered, or that their functions have declared for later.
    pub(super) fn and_registered(mut self, entries: &Entries) -> Self {
        for (name, entry) in &entries.by_name {
            self.add(OverrideTarget::Breaker, entry.item.is_keyed(), (**name).to_owned());
        }
        #[cfg(feature = "inventory")]
        for name in entries.expected.keys() {
            self.add(OverrideTarget::Breaker, true, (**name).to_owned());
        }
        self.budgets.extend(entries.budgets.keys().map(|name| (**name).to_owned()));
        self.retries.extend(entries.retries.keys().map(|name| (**name).to_owned()));
        self
    }

    fn add(&mut self, target: OverrideTarget, is_keyed: bool, name: String) {
        match target {
            OverrideTarget::Breaker if is_keyed => {
                self.keyed.insert(name.clone());
                self.breakers.insert(name)
            }
            OverrideTarget::Breaker => self.breakers.insert(name),
            OverrideTarget::Budget => self.budgets.insert(name),
            OverrideTarget::Retry => self.retries.insert(name),
            OverrideTarget::Defaults => false,
        };
    }

    /// Returns whether a table is for a declared name. The table of a key needs a name with keys.
    pub(super) fn declares(&self, table: &OverrideTable) -> bool {
        let Some(wanted) = table.name() else { return true };
        let wanted = NamePattern::of(wanted);
        let next = self.of(table).range::<str, _>((Included(wanted.first()), Unbounded)).next();
        next.is_some_and(|name| wanted.matches(name))
    }

    // G9: a misspelt name is reported with the nearest declared one.
    /// Returns the declared name that is nearest to the name of a table, or `None` if no name is
    /// near. For a prefix, returns the prefix that a declared name begins with.
    pub(super) fn nearest(&self, table: &OverrideTable) -> Option<String> {
        let wanted = NamePattern::of(table.name()?);
        match wanted {
            NamePattern::Exact(name) => {
                let known: Vec<_> = self.of(table).iter().map(String::as_str).collect();
                suggest::nearest(name, &known).map(str::to_owned)
            }
            // Any name is near a shorter prefix.
            NamePattern::Prefix(prefix) if prefix.len() < 3 => None,
            NamePattern::Prefix(prefix) => {
                let length = prefix.chars().count();
                // A name may begin with the right prefix, which a slip made shorter or longer.
                let lengths = length.saturating_sub(1)..=length + 1;
                let known = self
                    .of(table)
                    .iter()
                    .flat_map(|name| lengths.clone().map(|length| beginning(name, length)));
                let known: Vec<_> = known.collect();
                suggest::nearest(prefix, &known).map(|prefix| format!("{prefix}*"))
            }
        }
    }

    fn of(&self, table: &OverrideTable) -> &BTreeSet<String> {
        match table.target() {
            OverrideTarget::Budget => &self.budgets,
            OverrideTarget::Retry => &self.retries,
            _ if table.key().is_some() => &self.keyed,
            _ => &self.breakers,
        }
    }
}

/// Returns at most so many characters from the beginning of the text.
fn beginning(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length).map_or(text.len(), |(end, _)| end);
    &text[..end]
}
