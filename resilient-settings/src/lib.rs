//! The settings of `resilient`, in one table that its runtime and its attributes both read.
//!
//! Each setting has one entry in `src/settings.rs`: its name, documentation, form, range, default,
//! and the reason for its range. The rules between settings are below the entries. All other code
//! and text follows from the table:
//!
//! - [`breaker_settings!`], [`retry_settings!`] and [`budget_settings!`] hand the entries to a
//!   macro of the caller, which generates builders and the keys of files from them;
//! - [`breaker::TABLE`] and the other tables hold the same entries as data, for checks, for error
//!   messages and for the tables in the documentation;
//! - `default` functions, such as [`breaker::default::recovery_time`], return the defaults.
//!
//! Durations and shares have the same text form everywhere: see [`parse_duration`] and
//! [`parse_share`].
//!
//! This crate is an implementation detail: use `resilient`.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod define;

mod broken_rule;
mod check;
mod duration;
mod rule;
mod settings;
mod share;
pub mod suggest;
mod table;
mod text;
mod text_error;

pub use self::check::{Broken, Settings, forget_broken};
pub use self::duration::{duration_text, parse_duration};
pub use self::rule::{Relation, Rule};
pub use self::settings::{breaker, budget, limits, retry};
pub use self::share::parse_share;
pub use self::table::{Form, Given, Setting, Table, Value};
pub use self::text::{IntoSetting, Window};
pub use self::text_error::TextError;
