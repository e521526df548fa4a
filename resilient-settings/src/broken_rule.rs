//! Checks whether settings break a rule, and states the broken rule in errors.

use crate::rule::{Relation, Rule};
use crate::table::{Form, Given, Table, Value};

impl Rule {
    /// Returns whether the settings certainly break the rule. An unknown value breaks no rule.
    #[must_use]
    pub const fn is_broken(&self, table: &Table, given: &[Given]) -> bool {
        let subject = self.value(table, given, self.subject);
        let is_given = given[self.subject].is_given();
        match self.relation {
            Relation::Needs(others) => {
                let mut at = 0;
                while at < others.len() {
                    if !given[others[at]].is_default() {
                        return false;
                    }
                    at += 1;
                }
                is_given
            }
            Relation::NeedsBeside(needed, others) => {
                let mut at = 0;
                while at < others.len() && !given[others[at]].is_given() {
                    at += 1;
                }
                is_given && given[needed].is_default() && at < others.len()
            }
            Relation::NeedsTime(other) => {
                is_given && matches!(given[other], Given::Value(Value::Count(_)))
            }
            Relation::Excludes(other) => is_given && given[other].is_given(),
            Relation::AtMost(other) => is_above(subject, self.value(table, given, other)),
            Relation::AtLeast(other) => is_above(self.value(table, given, other), subject),
            Relation::AtMostSum(one, other) => {
                let one = self.value(table, given, one);
                match (one, self.value(table, given, other)) {
                    (Some(Value::Count(one)), Some(Value::Count(other))) => {
                        is_above(subject, Some(Value::Count(one.saturating_add(other))))
                    }
                    _ => false,
                }
            }
            Relation::NotWith { own, other, words } => {
                is_given
                    && (own.is_empty() || is_one_of(subject, own))
                    && is_one_of(self.value(table, given, other), words)
            }
        }
    }

    /// Returns the value that the rule compares: the given value, or the default.
    const fn value(&self, table: &Table, given: &[Given], setting: usize) -> Option<Value> {
        if !given[setting].is_default() {
            return given[setting].value();
        }
        if let [(other, word)] = self.no_defaults_if {
            if is_one_of(given[*other].value(), &[*word]) {
                return None;
            }
        }
        let setting = &table.settings[setting];
        // If the setting has words for its default, the default depends on other settings.
        if setting.default_words.is_empty() { setting.default } else { None }
    }

    /// Returns the setting that a builder's error names, and whether the other setting is at its
    /// default. The named setting is the subject of the rule if the subject was given, and the
    /// other setting otherwise. So the named setting can always be reset.
    pub(crate) const fn named(&self, given: &[Given]) -> (usize, bool) {
        match self.relation {
            Relation::AtMost(other) | Relation::AtLeast(other) => {
                if given[self.subject].is_default() {
                    (other, true)
                } else {
                    (self.subject, given[other].is_default())
                }
            }
            _ => (self.subject, false),
        }
    }

    /// Returns the rule as a builder's error states it, for example "must not be above `capacity`".
    /// The error is about the setting `named`: the subject, or the other setting of an order.
    #[must_use]
    pub fn must(&self, table: &Table, named: usize, other_is_default: bool) -> String {
        let (Relation::AtMost(other) | Relation::AtLeast(other)) = self.relation else {
            return self.must.to_owned();
        };
        let other = if named == self.subject { other } else { self.subject };
        let other = &table.settings[other];
        let text = match (self.must, self.is_below(named)) {
            ("", true) => format!("must not be above `{}`", other.name),
            ("", false) => format!("must not be below `{}`", other.name),
            (must, _) => must.to_owned(),
        };
        match other.default {
            Some(default) if other_is_default => format!("{text}, which is {default} by default"),
            _ => text,
        }
    }

    /// Returns the compile error for settings that break the rule. For an order, the error shows
    /// both values and ends with the rule's reason. For other rules, the error is the reason, in
    /// which `{subject}`, `{value}` and `{other}` stand for the subject's name, the subject's
    /// value, and the other value.
    #[must_use]
    pub fn explain(&self, table: &Table, given: &[Given]) -> String {
        let name = |setting: usize| table.settings[setting].name;
        let value = |setting: usize| self.value(table, given, setting);
        let text = |setting: usize| value(setting).map_or_else(String::new, |it| it.to_string());
        // Shows "100 calls", because the number alone has no unit.
        let shown = |setting: usize| match (table.settings[setting].form, value(setting)) {
            (Form::Window { .. }, Some(Value::Count(calls))) => format!("{calls} calls"),
            _ => text(setting),
        };
        let is = |setting: usize| format!("`{}` is {}", name(setting), shown(setting));
        let subject = self.subject;
        let reason = self.reason.replace("{subject}", name(subject));
        let reason = reason.replace("{value}", &text(subject));
        let reason = reason.replace("{other}", &text(self.settings()[0]));
        match self.relation {
            Relation::AtMost(other) | Relation::AtLeast(other) => {
                let (named, other_is_default) = self.named(given);
                if !other_is_default {
                    return format!("{} and {}: {reason}", is(subject), is(other));
                }
                let default = if named == subject { other } else { subject };
                let (side, change) =
                    if self.is_below(named) { ("above", "raise") } else { ("below", "lower") };
                let (given, name, default) = (is(named), name(default), shown(default));
                format!(
                    "{given}, {side} `{name}`, whose default is {default}: {change} `{name}` too"
                )
            }
            Relation::AtMostSum(one, other) => format!(
                "{}: at most `{}` + `{}`, which is {} + {}, because {reason}",
                is(subject),
                name(one),
                name(other),
                shown(one),
                shown(other),
            ),
            _ => reason,
        }
    }

    /// Returns whether an order requires `setting` to be the smaller of the two settings.
    fn is_below(&self, setting: usize) -> bool {
        matches!(self.relation, Relation::AtMost(_)) == (setting == self.subject)
    }
}

const fn is_above(one: Option<Value>, other: Option<Value>) -> bool {
    match (one, other) {
        (Some(Value::Count(one)), Some(Value::Count(other))) => one > other,
        (Some(Value::Time(one)), Some(Value::Time(other))) => one.as_nanos() > other.as_nanos(),
        (Some(Value::Number(one)), Some(Value::Number(other))) => one > other,
        _ => false,
    }
}

const fn is_one_of(value: Option<Value>, words: &[&str]) -> bool {
    let Some(Value::Word(word)) = value else {
        return false;
    };
    let mut at = 0;
    while at < words.len() {
        if is_same(word, words[at]) {
            return true;
        }
        at += 1;
    }
    false
}

/// Compares text. Constants cannot use `==` on text.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
