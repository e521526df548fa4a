//! The feature `reqwest-middleware`, against a real server.

mod calls;
mod server;
mod sources;
