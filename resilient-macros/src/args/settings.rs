//! Reads the settings of an attribute, and checks the rules about several settings.

use resilient_settings::{Form as ValueForm, Given, Relation, Rule, Table, Value};

use super::key_values::KeyValues;
use super::keys::KeyForm;
use super::pairs::{Form, Pair};
use super::setting::SettingValue;
use super::value_form;
use crate::error::CompileErrors;

/// Settings of the runtime's builder, each with its entry in the table of settings.
#[derive(Debug, Default)]
pub(crate) struct GivenSettings(Vec<(&'static resilient_settings::Setting, SettingValue)>);

impl GivenSettings {
    /// Reads the pair if its key is a setting of the builder. Returns whether the key is a setting.
    pub(super) fn read(
        &mut self,
        values: &KeyValues,
        pair: &Pair,
        errors: &mut CompileErrors,
    ) -> bool {
        let (Some(KeyForm::Setting(entry)), Form::Value(value)) =
            (values.form(&pair.name), &pair.form)
        else {
            return false;
        };
        if let Some(setting) = value_form::read(entry, value, errors) {
            self.0.push((entry, setting));
        }
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SettingValue> {
        self.0.iter().map(|(_, setting)| setting)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&SettingValue> {
        let mut all = self.0.iter();
        all.find(|(entry, _)| entry.name == name).map(|(_, setting)| setting)
    }

    /// Returns the value of a setting that is a literal.
    pub(crate) fn literal(&self, name: &str) -> Option<Value> {
        match self.get(name) {
            Some(SettingValue::Literal(value)) => Some(*value),
            _ => None,
        }
    }
}

/// Checks literal settings against the rules of the table, and reports each broken rule. `get`
/// returns the setting with a given name.
pub(super) fn check_rules<'a>(
    table: &Table,
    get: impl Fn(&str) -> Option<&'a SettingValue>,
    values: &KeyValues,
    errors: &mut CompileErrors,
) {
    // If a value could not be read, an error about the value is already reported.
    let is_unread = |name: &str| get(name).is_none() && values.has(name);
    for (rule, message) in broken_rules(table, &get, is_unread) {
        let names: Vec<&str> = rule.settings().iter().map(|at| table.settings[*at].name).collect();
        match rule.relation {
            Relation::Excludes(_) => values.exclude(names[1], &names[..1], &message, errors),
            _ => values.break_rule(&names, message, errors),
        }
    }
}

/// Returns the rules of the table that literal settings break, each with a message. `get` returns
/// the setting with a given name, and `is_unread` returns whether the value of a setting is
/// unknown.
pub(super) fn broken_rules<'a, 't>(
    table: &'t Table,
    get: impl Fn(&str) -> Option<&'a SettingValue>,
    is_unread: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'t Rule, String)> {
    let given = |entry: &resilient_settings::Setting| match get(entry.name) {
        Some(SettingValue::Literal(value)) => Given::Value(*value),
        Some(SettingValue::Expr(_)) if matches!(entry.form, ValueForm::WordOrFunction(_)) => {
            Given::Value(Value::Word("custom"))
        }
        Some(SettingValue::Expr(_)) => Given::Unknown,
        None if is_unread(entry.name) => Given::Unknown,
        None => Given::Default,
    };
    let given: Vec<Given> = table.settings.iter().map(given).collect();
    let broken = table.rules.iter().filter(|rule| rule.is_broken(table, &given));
    let broken: Vec<_> = broken.map(|rule| (rule, rule.explain(table, &given))).collect();
    broken.into_iter()
}
