//! Published scenarios, scripts and tables, run through the public API. `README.md` lists them.

mod budgets;
mod conformance;
mod defects;
mod delays;
mod scenarios;
mod support;
mod tables;
