//! The names that functions and other code have declared, for the search for misspelt overrides.

use std::collections::BTreeMap;

use resilient_settings::suggest;

use super::{Entries, Registry};
use crate::signal::{Name, NamePattern, OverrideTable, OverrideTarget};

/// A name that a function or other code has declared.
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
    names: Vec<DeclaredName>,
    /// Whether the names of all annotated functions are known, even of those that no call has
    /// registered yet.
    pub(super) are_complete: bool,
}

impl Registry {
    /// Returns the names of annotated functions, if this is their registry. This evaluates the
    /// settings of the functions, so the caller must hold no lock.
    pub(super) fn annotated_names(&self) -> DeclaredNames {
        #[cfg(feature = "inventory")]
        if self.is_global() {
            let sources = ::inventory::iter::<AnnotatedNames>.into_iter();
            let names = sources.flat_map(|source| (source.0)()).collect();
            return DeclaredNames { names, are_complete: true };
        }
        DeclaredNames::default()
    }
}

impl DeclaredNames {
    /// Adds the names that are registered, or that their functions have declared for later.
    pub(super) fn and_registered(mut self, entries: &Entries) -> Self {
        fn add<T>(
            names: &mut Vec<DeclaredName>,
            target: OverrideTarget,
            items: &BTreeMap<Name, T>,
            is_keyed: impl Fn(&T) -> bool,
        ) {
            names.extend(items.iter().map(|(name, item)| {
                let name = (**name).to_owned();
                DeclaredName { target, name, is_keyed: is_keyed(item) }
            }));
        }
        let names = &mut self.names;
        let is_keyed = |entry: &super::BreakerEntry| entry.item.one().is_none();
        add(names, OverrideTarget::Breaker, &entries.by_name, is_keyed);
        #[cfg(feature = "inventory")]
        add(names, OverrideTarget::Breaker, &entries.expected, |_| true);
        add(names, OverrideTarget::Budget, &entries.budgets, |_| false);
        add(names, OverrideTarget::Retry, &entries.retries, |_| false);
        self
    }

    /// Returns whether a table is for a declared name. The table of a key needs a name with keys.
    pub(super) fn declares(&self, table: &OverrideTable) -> bool {
        let Some(wanted) = table.name() else { return true };
        let wanted = NamePattern::of(wanted);
        self.of(table).any(|declared| wanted.matches(&declared.name))
    }

    // G9: a misspelt name is reported with the nearest declared one.
    /// Returns the declared name that is nearest to the name of a table, or `None` if no name is
    /// near. For a prefix, returns the prefix that a declared name begins with.
    pub(super) fn nearest(&self, table: &OverrideTable) -> Option<String> {
        let wanted = NamePattern::of(table.name()?);
        match wanted {
            NamePattern::Exact(name) => {
                let known: Vec<_> = self.of(table).map(|declared| &*declared.name).collect();
                suggest::nearest(name, &known).map(str::to_owned)
            }
            // Any name is near a shorter prefix.
            NamePattern::Prefix(prefix) if prefix.len() < 3 => None,
            NamePattern::Prefix(prefix) => {
                let length = prefix.chars().count();
                // A name may begin with the right prefix, which a slip made shorter or longer.
                let lengths = length.saturating_sub(1)..=length + 1;
                let known = self.of(table).flat_map(|declared| {
                    lengths.clone().map(|length| beginning(&declared.name, length))
                });
                let known: Vec<_> = known.collect();
                suggest::nearest(prefix, &known).map(|prefix| format!("{prefix}*"))
            }
        }
    }

    fn of(&self, table: &OverrideTable) -> impl Iterator<Item = &DeclaredName> {
        let (target, needs_keys) = (table.target(), table.key().is_some());
        let mut of_target = self.names.iter().filter(move |declared| declared.target == target);
        std::iter::from_fn(move || of_target.find(|declared| declared.is_keyed || !needs_keys))
    }
}

/// Returns at most so many characters from the beginning of the text.
fn beginning(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length).map_or(text.len(), |(end, _)| end);
    &text[..end]
}
