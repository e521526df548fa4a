//! Tests of endpoints against real servers on loopback and against controlled transports. See
//! `README.md`.

#[path = "../support/mod.rs"]
mod support;

mod cache;
mod cache_control;
mod callers_values;
mod calls;
mod cancellation;
mod config;
mod deadlines;
mod declared;
mod defects_of_calls;
mod defects_of_declarations;
mod files;
mod gated;
mod presets;
mod registration;
mod single_flight;
mod specification;
mod streams;
#[cfg(feature = "tracing")]
mod tracing_events;
mod unnamed_clients;
