//! The layers, around services that tests control, by the rules of `docs/rules.md`.

mod body;
mod breaker;
mod first_page;
#[cfg(feature = "http")]
mod hops;
mod retry;
mod support;
mod time_limits;
