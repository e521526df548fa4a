//! The client against real servers on loopback.

#[path = "../support/mod.rs"]
mod support;

mod faults_f;
mod outcome_table;
