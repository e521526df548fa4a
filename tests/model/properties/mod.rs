//! Properties that hold for all settings and all calls.

mod delays;
mod open_time;
mod permits;
mod retry_after;
mod totals;
mod windows;
