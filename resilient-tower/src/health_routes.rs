//! The routes that tell an orchestrator whether a process is alive and ready for requests.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderName};
use resilient::Registry;
use resilient::breaker::CircuitState;

/// Makes the routes `/health/live` and `/health/ready`.
///
/// | route | response |
/// |---|---|
/// | `/health/live` | always 200: a restart does not heal a dependency |
/// | `/health/ready` | 503 while the circuit of a [critical](Self::critical) name is open, else 200. The text has the state of each critical name. |
///
/// A circuit is open in the states `open` and `forced_open`. A half-open circuit is ready, because
/// only requests can close it; it becomes half-open when its recovery time is over, also without
/// requests. If a name has a breaker for each key, the name is open when the circuits of all its
/// keys are. A name that no call has used yet is ready, and its state is not shown.
///
/// Mark only a dependency as critical without which the service can do nothing. If all instances
/// depend on it, an orchestrator takes all of them out of service at once.
///
/// The text names breakers and their states. It contains no keys, errors or settings. Serve the
/// routes on a port that only you can reach, if the names tell too much.
///
/// ```
/// use axum::Router;
/// use resilient_tower::HealthRoutes;
///
/// let health = HealthRoutes::new().critical("warehouse").critical_prefix("database.");
/// let app: Router = Router::new().merge(health.router());
/// # let _ = app;
/// ```
#[derive(Debug, Clone)]
pub struct HealthRoutes {
    registry: Registry,
    names: Vec<String>,
    prefixes: Vec<String>,
}

impl HealthRoutes {
    /// Makes the routes for breakers of the global registry. No breaker is critical yet.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Registry::global().clone())
    }

    /// Makes the routes for breakers of `registry`. No breaker is critical yet.
    #[must_use]
    pub fn of(registry: Registry) -> Self {
        Self { registry, names: Vec::new(), prefixes: Vec::new() }
    }

    /// Adds the breaker of this name to those without which the service can do nothing.
    #[must_use]
    pub fn critical(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Adds the breakers whose names begin with `prefix`. The empty prefix adds all.
    #[must_use]
    pub fn critical_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// Returns the routes.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let ready = move || {
            let (status, text) = self.readiness();
            async move { (status, NO_STORE, text) }
        };
        Router::new()
            .route("/health/live", get(async || (NO_STORE, "live\n")))
            .route("/health/ready", get(ready))
    }

    fn readiness(&self) -> (StatusCode, String) {
        let named = self.names.iter().map(|name| self.registry.named(name));
        let prefixed = self.prefixes.iter().map(|prefix| self.registry.with_prefix(prefix));
        // A name that is selected twice appears once.
        let mut circuits: BTreeMap<String, Vec<CircuitState>> = BTreeMap::new();
        for selection in named.chain(prefixed) {
            let mut selected: BTreeMap<String, Vec<CircuitState>> = BTreeMap::new();
            for breaker in selection.breakers() {
                selected.entry(breaker.name().to_owned()).or_default().push(breaker.state());
            }
            circuits.append(&mut selected);
        }
        let is_ready = circuits.values().all(|states| states.iter().any(|state| !is_open(*state)));
        let (status, mut text) = if is_ready {
            (StatusCode::OK, "ready\n".to_owned())
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned())
        };
        for (name, states) in circuits {
            // Writing to a `String` cannot fail.
            let _ = match &*states {
                [state] => writeln!(text, "{name}: {}", state.as_str()),
                keys => {
                    let open = keys.iter().filter(|state| is_open(**state)).count();
                    writeln!(text, "{name}: {open} of {} keys open", keys.len())
                }
            };
        }
        (status, text)
    }
}

const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

fn is_open(state: CircuitState) -> bool {
    matches!(state, CircuitState::Open | CircuitState::ForcedOpen)
}

impl Default for HealthRoutes {
    fn default() -> Self {
        Self::new()
    }
}
