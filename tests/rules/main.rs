//! The rules of the core, one test or more for each, named by the rule.

mod breaker;
mod budget;
#[cfg(feature = "toml")]
mod documents;
mod registry;
mod retry;
mod support;
