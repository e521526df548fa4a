//! Where the settings in force come from.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::OverrideTable;

/// Where the value of a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingOrigin {
    /// A table of an operator's overrides: of the name, of a prefix, or of a key.
    Override(OverrideTable),
    /// The code: an attribute or a builder. The location is that of the attribute, or of the call
    /// that made or registered the item.
    Code(&'static Location<'static>),
    /// The `[defaults]` of an operator.
    Defaults,
    /// The default of this library.
    Library,
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Override(table) => table.fmt(f),
            Self::Code(place) => write!(f, "code at {}:{}", place.file(), place.line()),
            Self::Defaults => f.write_str("[defaults]"),
            Self::Library => f.write_str("default of the library"),
        }
    }
}

/// The origins of all settings of one item. Settings are numbered by their table, and sets of
/// settings are words with one bit for each setting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SettingOrigins {
    code: &'static Location<'static>,
    /// The origins other than the code, each with its settings. `None` if only the code gives
    /// settings, so that most breakers allocate nothing.
    others: Option<Arc<[(SettingOrigin, u32)]>>,
}

impl SettingOrigins {
    pub(crate) fn of_code(code: &'static Location<'static>) -> Self {
        Self { code, others: None }
    }

    /// Returns the same origins for code at another location.
    pub(crate) fn with_code(&self, code: &'static Location<'static>) -> Self {
        Self { code, ..self.clone() }
    }

    /// Combines sources of settings. `sources` has each origin with the settings that it gives,
    /// the source that wins first.
    pub(crate) fn combine(
        code: &'static Location<'static>,
        sources: impl IntoIterator<Item = (SettingOrigin, u32)>,
    ) -> Self {
        let mut taken = 0;
        let mut others = Vec::new();
        for (origin, given) in sources {
            let new = given & !taken;
            taken |= given;
            if new != 0 && !matches!(origin, SettingOrigin::Code(_)) {
                others.push((origin, new));
            }
        }
        Self { code, others: (!others.is_empty()).then(|| others.into()) }
    }

    /// Returns the origin of a setting that was given.
    pub(crate) fn of(&self, setting: usize) -> SettingOrigin {
        let others = self.others.as_deref().unwrap_or_default();
        let other = others.iter().find(|(_, given)| given & (1 << setting) != 0);
        other.map_or(SettingOrigin::Code(self.code), |(origin, _)| origin.clone())
    }
}
