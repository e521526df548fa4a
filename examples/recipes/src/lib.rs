//! The code of the recipes with real clients. The pages in `docs/recipes` show excerpts
//! of these files, and the tests run them against real servers.

#![allow(
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::unused_async,
    reason = "the pages show this code, without what a small program does not need"
)]

pub mod axum_handler;
pub mod batch_job;
pub mod message_consumer;
pub mod redis_cache;
pub mod reqwest_client;
pub mod reqwest_middleware_client;
pub mod sqlx_with_postgresql;
pub mod tonic_client;
