//! The code and the claims of the guides: choosing settings, time limits, idempotency, errors.

#![allow(clippy::unused_async, reason = "these functions stand for calls over a network")]

mod choosing_settings;
mod errors;
mod idempotency;
mod retries;
mod settings;
mod time_limits;
