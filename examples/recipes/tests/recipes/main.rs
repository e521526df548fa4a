//! The recipes do what their pages say, against real servers.

mod support;
mod upstream;

mod axum_handler;
mod batch_job;
mod download;
mod message_consumer;
mod redis_cache;
mod reqwest_client;
mod reqwest_middleware_client;
mod sqlx_with_postgresql;
mod tonic_client;
