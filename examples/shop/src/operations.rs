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
use tokio::signal::unix::{SignalKind, signal};

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
    let has_database = states.get("database") != Some(&CircuitState::Open);
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

/// Reads the file of overrides again on each SIGHUP, which would otherwise end the process.
pub(crate) async fn reload_on_hangup(file: Option<&Path>) -> io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    while hangups.recv().await.is_some() {
        match file {
            Some(file) => load_overrides(file),
            None => tracing::warn!("OVERRIDES names no file, so there is nothing to load"),
        }
    }
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn asked_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
