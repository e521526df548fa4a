//! An override that has no effect.

use std::fmt;

use super::{OverrideTable, getters};

/// An override that has no effect on any code so far.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusedOverride {
    table: OverrideTable,
    setting: Option<&'static str>,
    nearest: Option<Box<str>>,
}

impl UnusedOverride {
    /// Makes the report of a table whose name nothing has declared.
    pub(crate) fn of_name(table: OverrideTable, nearest: Option<String>) -> Self {
        Self { table, setting: None, nearest: nearest.map(Into::into) }
    }

    /// Makes the report of a time limit that no code under the name declares.
    pub(crate) fn of_setting(table: OverrideTable, setting: &'static str) -> Self {
        Self { table, setting: Some(setting), nearest: None }
    }

    getters! {
        |self|
        /// Returns the table.
        table: &OverrideTable = &self.table;
        /// Returns the setting that has no effect, or `None` if nothing has declared the name.
        setting: Option<&'static str> = self.setting;
        /// Returns the nearest declared name, if the name is unknown and a name is near.
        nearest: Option<&str> = self.nearest.as_deref();
    }
}

impl fmt::Display for UnusedOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.table)?;
        match (self.setting, &self.nearest) {
            (Some(setting), _) => write!(
                f,
                "`{setting}` has no effect: no code under this name has `{setting}`, and an \
                 override cannot add it"
            ),
            (None, Some(nearest)) => {
                write!(
                    f,
                    "nothing has this name so far: did you mean `{}`?",
                    nearest.escape_debug()
                )
            }
            (None, None) => f.write_str("nothing has this name so far"),
        }
    }
}
