//! What operators have: health, metrics, overrides, and an orderly end.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use resilient::Registry;
use resilient::breaker::CircuitState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::service::Shop;

/// `GET /health/ready`: whether this process wants traffic. Without the database it can do nothing.
/// Without an upstream it can still do something, so an open circuit alone is only shown.
pub(crate) async fn ready(
    State(shop): State<Arc<Shop>>,
) -> (StatusCode, Json<BTreeMap<String, &'static str>>) {
    let states: BTreeMap<_, _> = Registry::global()
        .breakers()
        .iter()
        .map(|breaker| (breaker.name().to_owned(), breaker.state()))
        .collect();
    let rejects = [CircuitState::Open, CircuitState::ForcedOpen];
    let has_database = states.get("database").is_none_or(|state| !rejects.contains(state));
    let is_ready = has_database && !shop.is_draining.load(Relaxed);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(states.into_iter().map(|(name, state)| (name, state.as_str())).collect()))
}

/// `GET /metrics`
pub(crate) async fn metrics(State(shop): State<Arc<Shop>>) -> String {
    Registry::global().record_metrics();
    shop.recorder.render()
}

/// Reads the file of overrides. One that is refused changes nothing.
pub(crate) fn load_overrides(file: &Path) {
    match Registry::global().load_overrides(file) {
        Ok(report) => {
            tracing::info!(live = ?report.live, waiting = ?report.waiting, "overrides loaded");
        }
        Err(error) => tracing::error!(%error, "overrides refused"),
    }
}

/// The signals to the process, which are caught as soon as this exists.
pub(crate) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Reads the file of overrides again on each SIGHUP, and returns at SIGTERM or SIGINT.
    pub(crate) async fn until_end(mut self, overrides: Option<&Path>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => match overrides {
                    Some(file) => load_overrides(file),
                    None => tracing::warn!("OVERRIDES names no file, so there is nothing to load"),
                },
            }
        }
    }
}
