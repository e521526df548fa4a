//! The keys of each attribute: settings from `resilient-settings`, and keys that only attributes
//! have.

use resilient_settings::{Setting, Table, breaker, retry};

use super::kind::AttributeKind;

#[derive(Debug)]
pub(super) struct AttributeKeys {
    pub(super) kind: AttributeKind,
    /// The settings of the runtime's builder. Each setting is a key.
    table: Option<&'static Table>,
    own: &'static [(&'static str, KeyForm)],
}

#[derive(Debug, Clone, Copy)]
pub(super) enum KeyForm {
    /// `key = value`, a setting of the runtime's builder.
    Setting(&'static Setting),
    /// `key = value`, a key that only attributes have.
    Value,
    /// `key = pattern`, with or without an `if` guard.
    Pattern,
    /// `key = predicate`, a closure or a path.
    Predicate,
    /// `key = |parameter| …`, a closure or a path. Holds the name of the parameter.
    Closure(&'static str),
    /// `key(a, b)`
    List,
}

use KeyForm::{Closure, List, Pattern, Predicate, Value};

/// The key of the hidden list, through which an attribute hands its arguments down to the next
/// attribute.
pub(super) const HIDDEN: &str = "__outer";

pub(super) static RETRY: AttributeKeys = AttributeKeys {
    kind: AttributeKind::Retry,
    table: Some(&retry::TABLE),
    own: &[
        ("name", Value),
        ("on", Pattern),
        ("except", Pattern),
        ("retry_if", Predicate),
        ("retry_when", Predicate),
        ("classify", Closure("error")),
        ("retry_after", Closure("error")),
        ("deadline", Value),
        ("attempt_timeout", Value),
        ("budget", Value),
        ("nested", Value),
        ("errors", Value),
        ("attempt", Value),
        ("on_retry", Closure("event")),
        ("on_wait", Closure("event")),
        ("on_give_up", Closure("event")),
        ("policy", Value),
        ("crate", Value),
        ("borrow", List),
        ("clone", List),
    ],
};

pub(super) static CIRCUIT_BREAKER: AttributeKeys = AttributeKeys {
    kind: AttributeKind::CircuitBreaker,
    table: Some(&breaker::TABLE),
    own: &[
        ("name", Value),
        ("failure", Pattern),
        ("ignore", Pattern),
        ("failure_if", Predicate),
        ("failure_when", Predicate),
        ("ignore_if", Predicate),
        ("classify", Closure("error")),
        ("retry_after", Closure("error")),
        ("on_open", Closure("open")),
        ("breaker", Value),
        ("key", Value),
        ("order", Value),
        ("crate", Value),
    ],
};

pub(super) static TIMEOUT: AttributeKeys =
    AttributeKeys { kind: AttributeKind::Timeout, table: None, own: &[("crate", Value)] };

pub(super) static FALLBACK: AttributeKeys = AttributeKeys {
    kind: AttributeKind::Fallback,
    table: None,
    own: &[
        ("value", Value),
        ("with", Value),
        ("on", Pattern),
        ("except", Pattern),
        ("order", Value),
        ("crate", Value),
    ],
};

pub(super) static ALL: [&AttributeKeys; 4] = [&RETRY, &CIRCUIT_BREAKER, &TIMEOUT, &FALLBACK];

impl AttributeKeys {
    pub(super) fn find(&self, name: &str) -> Option<KeyForm> {
        let setting = self.table.and_then(|table| table.get(name));
        let mut own = self.own.iter();
        setting.map(KeyForm::Setting).or_else(|| own.find(|key| key.0 == name).map(|key| key.1))
    }

    /// Returns the names of the settings of the runtime's builder.
    pub(super) fn settings(&self) -> impl Iterator<Item = &'static str> {
        self.table.into_iter().flat_map(Table::names)
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.settings().chain(self.own.iter().map(|key| key.0)).collect()
    }
}

/// Returns the setting of an attribute that has this word among its values, or `None` if no setting
/// or several have it.
pub(super) fn setting_of_word(kind: AttributeKind, word: &str) -> Option<&'static str> {
    let table = ALL.iter().find(|keys| keys.kind == kind)?.table?;
    let has_word = |name: &&str| table.get(name).is_some_and(|it| it.words().contains(&word));
    let mut settings = table.names().filter(has_word);
    settings.next().filter(|_| settings.next().is_none())
}

/// Returns the form of the key, or `None` if no attribute has the key. A key has the same form in
/// every attribute.
pub(super) fn form(name: &str) -> Option<KeyForm> {
    ALL.iter().find_map(|keys| keys.find(name))
}
