//! The code and the claims of the guides: choosing settings, time limits, idempotency, errors.

mod choosing_settings;
mod errors;
mod idempotency;
mod time_limits;
