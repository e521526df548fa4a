//! Examines the raw tokens of a body. In doubt, it assumes that the body moves an argument: this
//! costs at most a clone, and the expansion stays correct.

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
