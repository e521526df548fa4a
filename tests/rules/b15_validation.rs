//! Rule B15: validation.

mod breaker_config;
mod config_windows;
