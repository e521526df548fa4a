//! Three gRPC processes in one: a customer asks a shop, and the shop asks a warehouse that fails.
//! The README has the output of the program.

pub mod customer;
#[allow(missing_docs, clippy::pedantic, reason = "tonic-prost-build has made it")]
pub mod generated;
pub mod network;
pub mod shop;
pub mod story;
pub mod warehouse;
