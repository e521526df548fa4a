//! The error of a registration whose name is taken.

use std::fmt;

use crate::signal::Name;

/// The error of a registration: another breaker or budget has the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTakenError {
    pub(super) name: Name,
    pub(super) what: &'static str,
}

impl fmt::Display for NameTakenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "another {} is registered as {}: give this one another name",
            self.what,
            self.name.quoted()
        )
    }
}

impl std::error::Error for NameTakenError {}
