//! Starts servers that are installed on the machine, for tests and benchmarks: any program, nginx
//! with a generated configuration, PostgreSQL and Redis.

#![allow(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a helper panics to fail its test"
)]

mod databases;
mod nginx;
mod server;

pub use databases::{ready_redis, redis_url, start_postgres, start_redis};
pub use nginx::{Nginx, NginxConfig};
pub use server::{Server, command, folder, installed};
