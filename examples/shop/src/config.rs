//! The settings of the service, from the environment.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use resilient::settings::parse_duration;

/// What is `None` is embedded: see `embedded.rs`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// `LISTEN`, such as `0.0.0.0:8080`. Port 0 is any free port.
    pub(crate) listen: String,
    /// `PAYMENTS_URL`
    pub(crate) payments: Option<String>,
    /// `INVENTORY_URL`
    pub(crate) inventory: Option<String>,
    /// `DATABASE`, the path of the SQLite file.
    pub(crate) database: Option<PathBuf>,
    /// `REDIS_URL`. Without a server, nothing is cached.
    pub(crate) redis: Option<String>,
    /// `OVERRIDES`, a file of overrides. The service reads it again on SIGHUP.
    pub(crate) overrides: Option<PathBuf>,
    /// `DRAIN`: how long readiness fails before the service stops accepting connections, so that
    /// load balancers notice. Zero by default.
    pub(crate) drain: Duration,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let drain = env::var("DRAIN").unwrap_or_else(|_| "0s".to_owned());
        let drain = parse_duration(&drain).map_err(|error| format!("DRAIN: {error}"))?;
        Ok(Self {
            listen: env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned()),
            payments: env::var("PAYMENTS_URL").ok(),
            inventory: env::var("INVENTORY_URL").ok(),
            database: env::var_os("DATABASE").map(PathBuf::from),
            redis: env::var("REDIS_URL").ok(),
            overrides: env::var_os("OVERRIDES").map(PathBuf::from),
            drain,
        })
    }
}
