//! The library passes published scenarios, scripts and tables through the public API. `README.md`
//! lists them.

mod budgets;
mod conformance;
mod defects;
mod delays;
mod scenarios;
mod support;
mod tables;
