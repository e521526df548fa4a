//! Rule G2: code and documents override settings.

mod budget_overrides;
#[cfg(feature = "toml")]
mod document_budgets;
#[cfg(feature = "toml")]
mod document_files;
#[cfg(feature = "toml")]
mod document_forms;
#[cfg(feature = "toml")]
mod document_refusals;
mod mode_ends;
mod modes_by_hand;
mod override_modes;
mod override_recovery;
mod override_rules;
mod registry_overrides;
