//! Rule B15: a build fails if a setting is invalid.

mod breaker_config;
mod config_windows;
