//! Starts servers that are installed on the machine, for tests and benchmarks: any program, and
//! nginx with a generated configuration.

#![allow(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a helper panics to fail its test"
)]

mod nginx;
mod server;

pub use nginx::{Nginx, NginxConfig};
pub use server::{Server, command, folder, installed};
