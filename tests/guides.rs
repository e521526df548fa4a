//! The examples in the guides, run as documentation tests. They need more crates than `resilient`
//! itself depends on.

#[cfg(doctest)]
#[doc = include_str!("../docs/recipes.md")]
pub mod recipes {}

#[cfg(doctest)]
#[doc = include_str!("../docs/settings.md")]
pub mod settings {}

#[cfg(doctest)]
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}

#[cfg(doctest)]
#[doc = include_str!("../docs/retries.md")]
#[doc = ""]
#[doc = include_str!("../docs/retries-simulation.md")]
pub mod retries {}
