//! Compares the breaker with a simple model that was written from the rules. After each random
//! operation, the model and the breaker must show the same state. Where the rules leave a choice,
//! the model does what the breaker does, and a comment says so. Other tests check properties of all
//! settings and all calls.
//!
//! `PROPTEST_CASES` sets the number of cases for each test.

mod budget;
mod cases;
mod found;
mod model;
mod operation;
mod properties;
mod retry;
mod run;
mod sequences;
mod settings;
mod strategies;
mod subject;
mod view;
