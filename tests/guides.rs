//! Runs the examples in the guides as documentation tests. These examples need more crates than
//! `resilient` depends on.

#[cfg(doctest)]
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}
