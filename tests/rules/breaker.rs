//! The rules of the circuit breaker, B1 to B17, and of outcomes, through the public API.

mod clock;
mod config;
mod consecutive;
mod cost;
mod events;
mod half_open;
mod late;
mod open;
mod outcome;
mod permit;
mod states;
mod view;
