//! Properties that hold for any settings and any calls.

mod delays;
mod open_time;
mod permits;
mod retry_after;
mod totals;
mod windows;
