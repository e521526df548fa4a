//! The code of the pages `docs/requests.md` and `docs/outcomes.md`.

#[path = "../support/mod.rs"]
mod support;

mod outcomes;
mod requests;
