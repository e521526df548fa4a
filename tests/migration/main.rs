//! Code before and after a migration to this library. The pages in `docs/migration` show it.

mod from_backon;
mod from_failsafe;
mod from_reqwest_retry;
mod from_the_python_system;
mod from_tokio_retry;
mod support;
