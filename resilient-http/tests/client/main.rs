//! Tests of the client against real servers on loopback.

#[path = "../support/mod.rs"]
mod support;

mod address_fence;
mod cancellation;
#[cfg(feature = "test-util")]
mod client_defaults;
mod context_headers;
mod debug_texts;
mod defects;
mod error_bodies;
mod error_kinds;
mod error_texts;
mod events;
mod fail_when;
mod faults_f;
mod faults_g;
mod framing;
#[cfg(feature = "test-util")]
mod hold_back;
#[cfg(feature = "http2")]
mod http2_connections;
mod idempotency_keys;
mod idle_connections;
mod multipart;
#[cfg(feature = "test-util")]
mod nested;
mod outcome_rows;
mod outcome_table;
mod pages;
mod proxies;
mod redirects;
mod request_parts;
mod request_streams;
mod requests;
mod sent_once;
mod specification;
mod stale_connections;
mod storms;
mod streams;
mod time_limits;
mod token_refresh;
#[cfg(feature = "tower")]
mod tower_faults;
#[cfg(feature = "tower")]
mod tower_layers;
