//! Sets and clears overrides, all at once or by name.

use super::change_overrides::CheckedNames;
use super::{BreakerOverride, BudgetOverride, OverrideError, OverrideReport, Overrides, Registry};
#[cfg(doc)]
use crate::event::EventKind;

impl Registry {
    /// Returns the current overrides.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        self.read().overrides.clone()
    }

    // G2: overrides win over the code, and apply to live breakers at once.
    /// Replaces all overrides, for present and future breakers.
    ///
    /// Live breakers keep their state and generation, their streak and totals, and the instant of
    /// opening. If the kind of window stays the same, the window keeps its newest outcomes, as many
    /// as the new size allows. A new recovery time moves the end of an open circuit, unless an
    /// operator set that end. Conditions are tested at the next counted call. Each breaker whose
    /// settings changed reports [`EventKind::SettingsChanged`].
    ///
    /// A breaker that is registered later may have settings that contradict its override. Each
    /// setting that then breaks a rule has its default, and the breaker reports it as
    /// [`EventKind::InvalidSetting`].
    ///
    /// # Errors
    ///
    /// Returns an [`OverrideError`] if a setting is out of range or contradicts the code of a
    /// present breaker. In that case nothing changes.
    pub fn set_overrides(&self, overrides: Overrides) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(CheckedNames::All, |present| *present = overrides)
    }

    /// Replaces the override of one name, or of the names with a prefix, such as `payments/*`.
    /// Overrides of keys stay.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::set_overrides`], but only about names for which
    /// something changes.
    pub fn override_breaker(
        &self,
        name: &str,
        what: impl Into<BreakerOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        // The conversion may be user code, so it runs before the lock is taken.
        let what = what.into();
        self.change_overrides(CheckedNames::Changed, |present| {
            present.breakers.insert(name.to_owned(), what);
        })
    }

    /// Clears the override of one name. The settings of the code apply again.
    ///
    /// # Errors
    ///
    /// Returns an [`OverrideError`] if the overrides that remain contradict the code of the name.
    /// In that case nothing changes.
    pub fn clear_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(CheckedNames::Changed, |present| {
            present.breakers.remove(name);
        })
    }

    /// Replaces the override of one key, or of the keys with a prefix, of breakers with keys.
    ///
    /// Applies to the breakers of these keys that exist, and to breakers that are made later, also
    /// again after an eviction. The breaker that keys without a separate breaker share has no
    /// override of a key.
    ///
    /// ```
    /// use resilient_core::breaker::{BreakerConfig, CircuitState, OperatorMode};
    /// use resilient_core::registry::Registry;
    ///
    /// let registry = Registry::new();
    /// let tenants =
    ///     registry.get_or_register_keyed::<String>("search", BreakerConfig::default());
    /// registry.override_key("search", "tenant-7", OperatorMode::ForcedOpen)?;
    /// assert_eq!(tenants.get("tenant-7").state(), CircuitState::ForcedOpen);
    /// assert_eq!(tenants.get("tenant-8").state(), CircuitState::Closed);
    /// # Ok::<(), resilient_core::registry::OverrideError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::set_overrides`], and an error for `max_keys`, which
    /// is a setting of the whole name.
    pub fn override_key(
        &self,
        name: &str,
        key: &str,
        what: impl Into<BreakerOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        let what = what.into();
        self.change_overrides(CheckedNames::Changed, |present| {
            present.keys.entry(name.to_owned()).or_default().insert(key.to_owned(), what);
        })
    }

    /// Clears the override of one key. The settings of its name apply again.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::clear_override`].
    pub fn clear_key_override(
        &self,
        name: &str,
        key: &str,
    ) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(CheckedNames::Changed, |present| {
            if let Some(keys) = present.keys.get_mut(name) {
                keys.remove(key);
                if keys.is_empty() {
                    present.keys.remove(name);
                }
            }
        })
    }

    /// Replaces the override of one retry budget, or of the budgets with a prefix. A live budget
    /// keeps its counts, and its tokens up to the new capacity. It reports
    /// [`EventKind::SettingsChanged`] if its settings changed.
    ///
    /// Only an override may give the capacity zero. It switches retries off: the bucket has no
    /// token, and each retry is refused. Retries that were granted before may still start. When the
    /// capacity is above zero again, the bucket has its initial tokens.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::override_breaker`].
    pub fn override_budget(
        &self,
        name: &str,
        what: impl Into<BudgetOverride>,
    ) -> Result<OverrideReport, OverrideError> {
        let what = what.into();
        self.change_overrides(CheckedNames::Changed, |present| {
            present.budgets.insert(name.to_owned(), what);
        })
    }

    /// Clears the override of one retry budget. The settings of the code apply again.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Registry::clear_override`].
    pub fn clear_budget_override(&self, name: &str) -> Result<OverrideReport, OverrideError> {
        self.change_overrides(CheckedNames::Changed, |present| {
            present.budgets.remove(name);
        })
    }
}
