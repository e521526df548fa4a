//! The client against real servers on loopback.

#[path = "../support/mod.rs"]
mod support;

mod outcome_table;
