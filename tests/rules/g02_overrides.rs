//! Rule G2: code and documents override settings.

mod budget_overrides;
mod budget_switch;
#[cfg(feature = "toml")]
mod document_budgets;
#[cfg(feature = "toml")]
mod document_errors;
#[cfg(feature = "toml")]
mod document_files;
#[cfg(feature = "toml")]
mod document_forms;
#[cfg(feature = "toml")]
mod document_refusals;
mod key_overrides;
mod many_overrides;
mod mode_ends;
mod modes_by_hand;
mod origins;
mod override_modes;
mod override_recovery;
mod override_rules;
mod precedence_model;
mod prefixes;
mod registry_overrides;
