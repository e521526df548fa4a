//! The code of `docs/operating.md`. It changes overrides of the global registry, so it needs a
//! separate process.

#![allow(clippy::unused_async, reason = "these functions stand for calls over a network")]

mod by_hand;
mod overrides;
mod views;
