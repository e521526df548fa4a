//! A plain model of the breaker, written from the rules alone, beside the real one: random operations must look the same
//! on both after each step. Where the rules are silent, the model does as the real one does, and says so. And properties
//! that hold for any settings and any calls.
//!
//! `PROPTEST_CASES` sets how many cases each test tries.

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
