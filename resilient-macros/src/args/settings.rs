//! The settings of the runtime's builder that an attribute gives.

use std::time::Duration;

use super::key_values::KeyValues;
use super::keys::KeyForm;
use super::pairs::{Form, Pair};
use super::setting::{Literal, Setting};
use super::value_form;
use crate::error::Errors;

/// Each setting with its key.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    /// Reads the pair if its key is a setting of the builder.
    pub(super) fn read(&mut self, values: &KeyValues, pair: &Pair, errors: &mut Errors) -> bool {
        let Some(key) = values.key(&pair.name) else {
            return false;
        };
        let (KeyForm::Setting(form), Form::Value(value)) = (key.form, &pair.form) else {
            return false;
        };
        if let Some(setting) = value_form::read(key.name, value, form, errors) {
            // In the order of the table, in which the expansion writes them.
            let place = values.place(key.name);
            let at = self
                .0
                .partition_point(|(name, _)| values.place(name) < place);
            self.0.insert(at, (key.name, setting));
        }
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(name, setting)| (*name, setting))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Setting> {
        self.iter()
            .find(|(each, _)| *each == name)
            .map(|(_, setting)| setting)
    }

    /// The literal that was given, if one was.
    pub(super) fn literal(&self, name: &str) -> Option<Literal> {
        match self.get(name) {
            Some(Setting::Literal(literal)) => Some(*literal),
            _ => None,
        }
    }

    /// The count that is in force; `None` if only the running program knows it.
    pub(super) fn count(&self, values: &KeyValues, name: &str, default: u32) -> Option<u32> {
        match self.literal(name) {
            Some(Literal::Count(count)) => Some(count),
            None if !values.has(name) => Some(default),
            _ => None,
        }
    }

    /// The time that is in force; `None` if only the running program knows it.
    pub(super) fn time(
        &self,
        values: &KeyValues,
        name: &str,
        default: Duration,
    ) -> Option<Duration> {
        match self.literal(name) {
            Some(Literal::Time(time)) => Some(time),
            None if !values.has(name) => Some(default),
            _ => None,
        }
    }
}
