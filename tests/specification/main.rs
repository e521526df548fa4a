//! The specification's own scripts, driven through the public API.

mod budgets;
mod conformance;
mod defects;
mod delays;
mod scenarios;
mod support;
mod tables;
