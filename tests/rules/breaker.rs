//! The rules of the circuit breaker, B1 to B17, and of outcomes, through the public API.

mod clock;
mod conditions;
mod config;
mod config_windows;
mod consecutive;
mod cost;
mod events;
mod half_open;
mod late;
mod open;
mod outcome;
mod permit;
mod slow_calls;
mod states;
mod subscription;
mod time_in_state;
mod view;
mod windows;
