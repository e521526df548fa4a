//! Checks settings against their table, and resets settings that break a rule.

use crate::table::{Given, Table, Value};

/// A given setting that breaks a range or a rule.
#[derive(Debug, Clone, Copy)]
pub struct Broken {
    table: &'static Table,
    /// The index of the setting. The setting was given.
    pub setting: usize,
    /// The value of the setting, or `None` if it is known only at run time.
    pub value: Option<Value>,
    /// The rule, and whether the other setting of the rule is at its default. `None` means that the
    /// range is broken.
    rule: Option<(usize, bool)>,
}

impl Broken {
    /// Returns the name of the setting.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.table.settings[self.setting].name
    }

    /// Returns the rule as text, for example "must be at least 1".
    #[must_use]
    pub fn rule(&self) -> String {
        match self.rule {
            Some((rule, other_is_default)) => {
                self.table.rules[rule].must(self.table, self.setting, other_is_default)
            }
            // An unknown value is described as a count.
            None => self.table.settings[self.setting].must(self.value.unwrap_or(Value::Count(0))),
        }
    }
}

impl Table {
    /// Returns the first range or rule that the settings break. Ranges come first. `given` has one
    /// entry for each setting of the table.
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

    /// Returns the first rule that an incomplete list of settings breaks. An override, for example,
    /// is incomplete until the settings in the code complete it. A setting that is not given yet
    /// breaks no rule.
    #[must_use]
    pub fn first_broken_of_part(&'static self, given: &[Given]) -> Option<Broken> {
        let mut given = given.to_vec();
        let defaults = given.iter_mut().filter(|given| given.is_default());
        defaults.for_each(|default| *default = Given::Open);
        self.first_broken(&given)
    }
}

/// Settings that can be checked and reset one by one.
pub trait Settings {
    /// The table of these settings.
    const TABLE: &'static Table;

    /// Returns the state of each setting, by its index in the table.
    fn given(&self) -> impl AsRef<[Given]>;

    /// Resets one setting to its default.
    fn forget(&mut self, setting: usize);
}

/// Resets each setting that breaks a rule to its default, and returns the broken rules.
pub fn forget_broken<S: Settings>(settings: &mut S) -> Vec<Broken> {
    let mut all = Vec::new();
    // Each round resets a given setting, so the loop ends at the latest when all settings are
    // defaults.
    loop {
        let broken = S::TABLE.first_broken(settings.given().as_ref());
        let Some(broken) = broken else { return all };
        settings.forget(broken.setting);
        all.push(broken);
    }
}
