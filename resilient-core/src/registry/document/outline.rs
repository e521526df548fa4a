//! The outline of a document: its tables and their keys, with their positions.

use std::ops::Range;

use resilient_settings::{breaker, budget, limits, retry, suggest};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::signal::{OverrideTable, OverrideTarget};

/// The keys in the table of a breaker or key that are no settings.
const MODE: [&str; 4] = ["mode", "mode_for", "operator", "reason"];
/// The key in the table of a breaker that holds the tables of keys.
const KEYS: &str = "keys";

type Key<'a> = Spanned<DeString<'a>>;
type Value<'a> = Spanned<DeValue<'a>>;

/// A table of the document.
pub(super) struct Section<'a> {
    pub(super) table: OverrideTable,
    /// The position of the last part of the table's name.
    header: Range<usize>,
    entries: &'a DeTable<'a>,
}

/// Returns the tables of a document.
///
/// # Errors
///
/// Returns the first table or key that is unknown, and the first one that should be a table and is
/// not.
pub(super) fn sections<'a>(document: &'a DeTable<'a>) -> Result<Vec<Section<'a>>, Misplaced> {
    let targets = [
        OverrideTarget::Defaults,
        OverrideTarget::Breaker,
        OverrideTarget::Budget,
        OverrideTarget::Retry,
    ];
    let known = targets.map(OverrideTarget::section);
    check_names(document, &known, "table")?;
    let mut sections = Vec::new();
    for target in targets {
        let Some((key, value)) = document.get_key_value(target.section()) else { continue };
        if target == OverrideTarget::Defaults {
            sections.push(Section::new(OverrideTable::defaults(), key, value)?);
            continue;
        }
        for (name, value) in entries(key, value)? {
            let section = Section::new(OverrideTable::new(target, name.get_ref()), name, value)?;
            let keys = section.entries.get_key_value(KEYS);
            sections.push(section);
            let Some((key, value)) = keys.filter(|_| target == OverrideTarget::Breaker) else {
                continue;
            };
            let of_name = |error| Misplaced {
                table: Some(OverrideTable::new(target, name.get_ref())),
                ..error
            };
            for (key, value) in entries(key, value).map_err(of_name)? {
                let table = OverrideTable::of_key(name.get_ref(), key.get_ref());
                sections.push(Section::new(table, key, value).map_err(of_name)?);
            }
        }
    }
    sections.iter().try_for_each(Section::check)?;
    Ok(sections)
}

/// Returns the time limits that the table of a retry may have.
fn limits() -> impl Iterator<Item = &'static str> {
    let keys = [limits::key::deadline, limits::key::attempt_timeout];
    keys.into_iter().map(|key| limits::TABLE.settings[key].name)
}

/// A table or key that does not stand where it may stand.
pub(super) struct Misplaced {
    pub(super) position: usize,
    pub(super) table: Option<OverrideTable>,
    pub(super) key: Box<str>,
    pub(super) reason: Box<str>,
}

impl<'a> Section<'a> {
    fn new(table: OverrideTable, name: &Key<'_>, value: &'a Value<'a>) -> Result<Self, Misplaced> {
        Ok(Self { table, header: name.span(), entries: entries(name, value)? })
    }

    fn check(&self) -> Result<(), Misplaced> {
        let breaker = || breaker::TABLE.names();
        let known: Vec<_> = match (self.table.target(), self.table.key()) {
            (OverrideTarget::Breaker, None) => breaker().chain(MODE).chain([KEYS]).collect(),
            (OverrideTarget::Breaker, Some(_)) => breaker().chain(MODE).collect(),
            (OverrideTarget::Budget, _) => budget::TABLE.names().collect(),
            (OverrideTarget::Retry, _) => retry::TABLE.names().chain(limits()).collect(),
            _ => breaker().collect(),
        };
        check_names(self.entries, &known, "key")
            .and_then(|()| self.check_mode())
            .map_err(|error| Misplaced { table: Some(self.table.clone()), ..error })
    }

    /// Checks that no key describes a mode that is missing.
    fn check_mode(&self) -> Result<(), Misplaced> {
        let [mode, details @ ..] = MODE;
        let found = details.iter().find_map(|key| self.entries.get_key_value(*key));
        match found.filter(|_| !self.entries.contains_key(mode)) {
            Some((key, _)) => Err(misplaced(key, &format!("`{}` needs a `{mode}`", key.get_ref()))),
            None => Ok(()),
        }
    }

    /// Returns the position of a key, or of the header if the table does not have the key.
    pub(super) fn position(&self, key: Option<&str>) -> usize {
        let found = key.and_then(|key| self.entries.get_key_value(key));
        found.map_or(self.header.start, |(key, _)| key.span().start)
    }

    /// Returns the key whose name or value contains this position.
    pub(super) fn key_at(&self, position: usize) -> Option<&str> {
        let is_there = |span: Range<usize>| span.contains(&position);
        // The tables of keys are sections, too.
        let mut entries = self.entries.iter().filter(|(key, _)| &**key.get_ref() != KEYS);
        let found = entries.find(|(key, value)| is_there(key.span()) || is_there(value.span()));
        found.map(|(key, _)| &**key.get_ref())
    }
}

/// Returns the first error about a name that is not among the known ones.
fn check_names(entries: &DeTable<'_>, known: &[&str], what: &str) -> Result<(), Misplaced> {
    let unknown = entries.keys().filter(|name| !known.contains(&&**name.get_ref()));
    let Some(name) = unknown.min_by_key(|name| name.span().start) else { return Ok(()) };
    let meant = match suggest::nearest(name.get_ref(), known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected one of {}", suggest::list(known)),
    };
    Err(misplaced(name, &format!("unknown {what} `{}`: {meant}", name.get_ref())))
}

fn entries<'a>(name: &Key<'_>, value: &'a Value<'a>) -> Result<&'a DeTable<'a>, Misplaced> {
    match value.get_ref() {
        DeValue::Table(entries) => Ok(entries),
        other => {
            let (text, found) = (name.get_ref(), other.type_str());
            Err(misplaced(name, &format!("`{text}` must be a table, and is of type {found}")))
        }
    }
}

fn misplaced(name: &Key<'_>, reason: &str) -> Misplaced {
    let key = (**name.get_ref()).into();
    Misplaced { position: name.span().start, table: None, key, reason: reason.into() }
}
