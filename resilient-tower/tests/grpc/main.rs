//! The feature `tonic`: clients and servers of tonic, connected in memory, on a paused clock.

mod breaker;
mod client;
mod error;
mod server;
mod support;
