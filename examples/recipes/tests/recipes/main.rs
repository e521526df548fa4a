//! The recipes do what their pages say, against real servers.

mod support;

mod sqlx_with_postgresql;
mod redis_cache;
