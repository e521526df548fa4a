//! Reads the raw tokens of a body. A wrong guess costs a clone at most, and never makes a program
//! incorrect.

mod flow;
mod format_string;
mod mentions;
mod occurrence;
mod self_value;
mod usage;

pub(crate) use flow::{may_wait, only_ends};
pub(crate) use mentions::{calls_macro, mentions, named_variable};
pub(crate) use self_value::{rename_self, self_in_format_string};
pub(crate) use usage::{ArgumentUse, usage};
