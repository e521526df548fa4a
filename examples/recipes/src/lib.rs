//! The code of the recipes with real clients. The pages in `docs/recipes` show excerpts of these
//! files, and the tests run them against real servers.

#![allow(
    clippy::missing_errors_doc,
    reason = "the pages show this code, and each error type says what can happen"
)]

pub mod sqlx_with_postgresql;
pub mod redis_cache;
pub mod axum_handler;
pub mod reqwest_client;
pub mod tonic_client;
