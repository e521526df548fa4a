//! Tests of the client against nginx. Each test starts its own nginx, and is skipped if nginx is
//! not installed, unless the environment has `RESILIENT_REQUIRE_SERVERS`.

#[path = "../support/mod.rs"]
mod support;

mod bare;
mod certificate;
mod compression;
mod goaway;
mod health;
mod overload;
mod reload;
mod tls;
