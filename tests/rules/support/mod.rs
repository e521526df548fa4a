//! Helpers that the tests of several rules share.

pub(crate) mod budget;
pub(crate) mod budgets;
pub(crate) mod circuit;
pub(crate) mod clocks;
pub(crate) mod conditions;
pub(crate) mod cuts;
#[cfg(feature = "toml")]
pub(crate) mod documents;
pub(crate) mod gates;
pub(crate) mod keyed;
pub(crate) mod override_rules;
pub(crate) mod registry;
pub(crate) mod retry;
pub(crate) mod selection;
pub(crate) mod sites;
pub(crate) mod slow_calls;
pub(crate) mod worst_case;
