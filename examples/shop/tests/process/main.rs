//! Tests the service as a process: what customers and operators get, and real signals.

mod child;
mod drill;
mod requests;
mod signals;
