//! Checks settings against their table, and drops those that break a rule.

use crate::table::{Given, Table, Value};

/// A setting that breaks a rule.
#[derive(Debug, Clone, Copy)]
pub struct Broken {
    table: &'static Table,
    /// The setting, which was given.
    pub setting: usize,
    /// Its value; `None` if only the running program knows it.
    pub value: Option<Value>,
    /// The rule, and whether the other setting in it is at its default; `None` for the range.
    rule: Option<(usize, bool)>,
}

impl Broken {
    /// The name of the setting.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.table.settings[self.setting].name
    }

    /// The rule, as in "must be at least 1".
    #[must_use]
    pub fn rule(&self) -> String {
        match self.rule {
            Some((rule, other_is_default)) => {
                self.table.rules[rule].must(self.table, self.setting, other_is_default)
            }
            // The form of a value that is not known is that of a count.
            None => self.table.settings[self.setting].must(self.value.unwrap_or(Value::Count(0))),
        }
    }
}

impl Table {
    /// The first range or rule that the settings break, ranges first. `given` has one entry for
    /// each setting of the table.
    #[must_use]
    pub const fn first_broken(&'static self, given: &[Given]) -> Option<Broken> {
        let mut at = 0;
        while at < self.settings.len() {
            match given[at].value() {
                Some(value) if !self.settings[at].allows(value) => {
                    return Some(self.broken(given, at, None));
                }
                _ => at += 1,
            }
        }
        at = 0;
        while at < self.rules.len() {
            let rule = &self.rules[at];
            if rule.is_broken(self, given) {
                let (setting, other_is_default) = rule.named(given);
                return Some(self.broken(given, setting, Some((at, other_is_default))));
            }
            at += 1;
        }
        None
    }

    const fn broken(
        &'static self,
        given: &[Given],
        setting: usize,
        rule: Option<(usize, bool)>,
    ) -> Broken {
        let value = given[setting].value();
        Broken { table: self, setting, value, rule }
    }

    /// The first rule that an incomplete list of settings breaks, such as an override, which the
    /// code's settings complete. A setting that is not given yet breaks no rule.
    #[must_use]
    pub fn first_broken_of_part(&'static self, given: &[Given]) -> Option<Broken> {
        let mut given = given.to_vec();
        let defaults = given.iter_mut().filter(|given| given.is_default());
        defaults.for_each(|default| *default = Given::Open);
        self.first_broken(&given)
    }
}

/// Settings that can be checked, and forgotten one by one.
pub trait Settings {
    /// Their table.
    const TABLE: &'static Table;

    /// What is known of each setting, by its index in the table.
    fn given(&self) -> impl AsRef<[Given]>;

    /// Puts one setting back to its default.
    fn forget(&mut self, setting: usize);
}

/// Puts each setting that breaks a rule back to its default, and returns what was wrong.
pub fn forget_broken<S: Settings>(settings: &mut S) -> Vec<Broken> {
    let mut all = Vec::new();
    // Each round forgets a setting that was given, so this ends, at the defaults at the latest.
    loop {
        let broken = S::TABLE.first_broken(settings.given().as_ref());
        let Some(broken) = broken else { return all };
        settings.forget(broken.setting);
        all.push(broken);
    }
}
