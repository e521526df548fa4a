//! Rule B15: validation of settings.

mod breaker_config;
mod config_windows;
