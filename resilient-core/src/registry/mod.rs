//! A registry of breakers, retry budgets and retries by name, and the overrides of operators.

mod apply;
mod budgets;
mod change_overrides;
mod declared;
mod declared_names;
#[cfg(feature = "serde")]
mod deserialize;
#[cfg(feature = "toml")]
mod document;
mod entries;
mod entry;
#[cfg(feature = "inventory")]
mod expected;
mod lease;
mod name_taken;
mod override_snapshot;
mod overrides;
mod register;
mod registration;
mod registry_handle;
#[cfg(feature = "metrics")]
mod released;
mod retries;
mod retry_entry;
mod selection;
mod swept;
mod unique_name;
mod unique_numbers;
mod unregister;
mod unused_name;
mod unused_overrides;

pub(crate) use self::declared::Hold;
#[cfg(feature = "inventory")]
pub(crate) use self::declared_names::{AnnotatedNames, DeclaredName};
#[cfg(feature = "toml")]
pub use self::document::LoadError;
use self::entries::{BreakerEntry, BudgetEntry, Entries, next_version};
pub(crate) use self::entry::Entry;
pub use self::lease::Lease;
pub use self::name_taken::NameTakenError;
#[cfg(feature = "metrics")]
pub(crate) use self::override_snapshot::TableCounts;
pub use self::override_snapshot::{OverrideSnapshot, OverrideStatus};
pub use self::overrides::{
    BreakerOverride, BudgetOverride, OverrideError, OverrideReport, Overrides, RetryOverride,
};
pub(crate) use self::registration::Registration;
pub use self::registry_handle::Registry;
#[cfg(feature = "metrics")]
pub(crate) use self::released::Released;
use self::retry_entry::RetryEntry;
pub(crate) use self::retry_entry::{DeclaredRetry, RetryRegistration};
pub use self::selection::Selection;
pub use self::unique_name::UniqueName;
pub use crate::signal::{OverrideTable, OverrideTarget};
