#![doc = include_str!("links.md")]
// The code of the page is copied from a tested file, so rustdoc does not test it again.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod chain;
#[cfg(any(feature = "redis", feature = "sqlx"))]
mod connection_errors;
#[cfg(any(feature = "http", feature = "tonic"))]
mod grpc_codes;
#[cfg(feature = "http")]
mod http_responses;
#[cfg(feature = "io")]
mod io_errors;
#[cfg(feature = "redis")]
mod redis_errors;
#[cfg(feature = "reqwest")]
mod reqwest_errors;
#[cfg(feature = "http")]
mod retry_after;
#[cfg(feature = "sqlx")]
mod sqlx_errors;
#[cfg(feature = "tonic")]
mod tonic_errors;

#[cfg(feature = "anyhow")]
pub use chain::anyhow;
pub use chain::{DynError, boxed};
#[cfg(feature = "http")]
pub use http_responses::{grpc, http, http_status};
#[cfg(feature = "io")]
pub use io_errors::io;
#[cfg(feature = "redis")]
pub use redis_errors::redis;
#[cfg(feature = "reqwest")]
pub use reqwest_errors::reqwest;
#[cfg(feature = "http")]
pub use retry_after::retry_after;
#[cfg(feature = "sqlx")]
pub use sqlx_errors::sqlx;
#[cfg(feature = "tonic")]
pub use tonic_errors::tonic;
