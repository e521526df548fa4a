//! Compares the breaker with a simple model that was written from the rules. After each random
//! operation both must show the same. Where the rules leave a case open, the model follows the
//! breaker, and a comment says so. Other tests check properties that hold for any settings and
//! calls.
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
