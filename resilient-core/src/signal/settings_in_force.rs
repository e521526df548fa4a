//! The settings in force, with the origin of each, and their changes.

use std::fmt;
use std::sync::Arc;

use resilient_settings::{Given, Settings, Value};

use super::{SettingOrigin, SettingOrigins};

/// The values of checked settings, whatever they configure.
pub(crate) trait SettingValues:
    fmt::Debug + Send + Sync + std::panic::RefUnwindSafe
{
    /// Returns each setting with its value, defaults included.
    fn values(&self) -> Vec<NamedValue>;
    /// Returns a word with one bit for each setting that was given and is no default. The bits are
    /// in the order of the values.
    fn given(&self) -> u32;
}

/// The name of a setting, and its value if the setting is on.
pub(crate) type NamedValue = (&'static str, Option<Value>);

/// Returns a word with one bit for each setting that is given.
pub(crate) fn given_bits(settings: &impl Settings) -> u32 {
    let given = settings.given();
    let given = given.as_ref().iter().enumerate().filter(|(_, it)| **it != Given::Default);
    given.fold(0, |bits, (setting, _)| bits | 1 << setting)
}

/// The settings of a breaker, budget or retry that are in force, each with its origin. A clone
/// shares the settings.
///
/// ```
/// use resilient_core::breaker::BreakerConfig;
/// use resilient_core::registry::Registry;
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register("payments", BreakerConfig::default());
/// registry.override_breaker("pay*", BreakerConfig::builder().failure_threshold(8))?;
///
/// let settings = payments.settings_with_origin();
/// let threshold = settings.get("failure_threshold").unwrap();
/// assert_eq!(threshold.to_string(), "failure_threshold = 8 by [breakers.\"pay*\"]");
/// let recovery = settings.get("recovery_time").unwrap();
/// assert_eq!(recovery.to_string(), "recovery_time = 30s by default of the library");
/// # Ok::<(), resilient_core::registry::OverrideError>(())
/// ```
#[derive(Clone)]
pub struct SettingsInForce {
    config: Arc<dyn SettingValues>,
    origins: SettingOrigins,
}

/// One setting that is in force. `Display` writes its name, value and origin.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SettingInForce {
    /// The name of the setting in attributes, builders and documents.
    pub name: &'static str,
    /// The value, or `None` if the setting is off. A time limit of a retry that no override gives
    /// is also `None`, because each call sets it.
    pub value: Option<Value>,
    /// Where the value comes from.
    pub origin: SettingOrigin,
}

impl SettingsInForce {
    pub(crate) fn new(config: Arc<dyn SettingValues>, origins: SettingOrigins) -> Self {
        Self { config, origins }
    }

    /// Returns the settings, in the order of the documentation.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SettingInForce> + use<'_> {
        let given = self.config.given();
        let settings = self.config.values().into_iter();
        settings.enumerate().map(move |(index, (name, value))| {
            let is_given = given & (1 << index) != 0;
            let origin = if is_given { self.origins.of(index) } else { SettingOrigin::Library };
            SettingInForce { name, value, origin }
        })
    }

    /// Returns the setting with this name, or `None` if there is no such setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<SettingInForce> {
        self.iter().find(|setting| setting.name == name)
    }

    /// Returns the settings whose values differ from those of `old`.
    pub(crate) fn changes_since(&self, old: &Self) -> SettingsChange {
        let settings = old.iter().zip(self.iter());
        let changed = settings.filter(|(old, new)| old.value != new.value);
        SettingsChange(changed.map(|(old, new)| ChangedSetting { old, new }).collect())
    }
}

impl PartialEq for SettingsInForce {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

// Checked settings contain no NaN.
impl Eq for SettingsInForce {}

impl fmt::Debug for SettingsInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|setting| format!("{setting}"))).finish()
    }
}

impl fmt::Display for SettingInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} by {}", self.name, Shown(self), self.origin)
    }
}

/// Displays a value, or that the setting is off. A setting without a value that the code gives is a
/// time limit of each call.
struct Shown<'a>(&'a SettingInForce);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.value, &self.0.origin) {
            (Some(value), _) => value.fmt(f),
            (None, SettingOrigin::Code(_)) => f.write_str("as in each call"),
            (None, _) => f.write_str("none"),
        }
    }
}

/// The settings that a change of overrides, or a later declaration in the code, has changed.
/// `Display` writes them on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingsChange(Arc<[ChangedSetting]>);

/// A setting before and after a change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChangedSetting {
    /// The setting before the change.
    pub old: SettingInForce,
    /// The setting after the change.
    pub new: SettingInForce,
}

impl SettingsChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the settings whose values changed.
    #[must_use]
    pub fn settings(&self) -> &[ChangedSetting] {
        &self.0
    }
}

impl fmt::Display for SettingsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ChangedSetting { old, new }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let (was, is) = (Shown(old), Shown(new));
            let name = new.name;
            write!(f, "{separator}{name} = {is} by {}, was {was} by {}", new.origin, old.origin)?;
        }
        Ok(())
    }
}

// Each setting becomes a field with its value and origin. A duration is text, as in a document.
#[cfg(feature = "serde")]
impl serde::Serialize for SettingsInForce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|setting| (setting.name, View::from(setting))))
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize)]
struct View {
    value: Option<ValueView>,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<super::OverrideTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize)]
#[serde(untagged)]
enum ValueView {
    Count(u32),
    Number(f64),
    Flag(bool),
    Text(String),
}

#[cfg(feature = "serde")]
impl From<SettingInForce> for View {
    fn from(setting: SettingInForce) -> Self {
        let (origin, table, place) = match setting.origin {
            SettingOrigin::Override(table) => ("override", Some(table), None),
            SettingOrigin::Code(place) => {
                ("code", None, Some(format!("{}:{}", place.file(), place.line())))
            }
            SettingOrigin::Defaults => ("defaults", None, None),
            SettingOrigin::Library => ("library", None, None),
        };
        let value = setting.value.map(|value| match value {
            Value::Count(count) => ValueView::Count(count),
            Value::Number(number) => ValueView::Number(number),
            Value::Flag(flag) => ValueView::Flag(flag),
            Value::Time(time) => ValueView::Text(resilient_settings::duration_text(time)),
            Value::Word(word) => ValueView::Text(word.to_owned()),
        });
        Self { value, origin, table, place }
    }
}
