//! One refresh of a token, and the calls that wait for it.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::credentials_error::CredentialsError;
use super::refreshed_token::RefreshedToken;

/// The calls that wait share the flight. While the result is empty, the call that holds the lock
/// runs the closure. If that call is dropped, the next waiting call gets the lock.
pub(super) type RefreshFlight = Mutex<FlightState>;

#[derive(Default)]
pub(super) struct FlightState {
    pub(super) result: Option<Result<RefreshedToken, CredentialsError>>,
    /// The time after which the longest run of the closure was dropped.
    longest_run: Duration,
}

/// A run of the closure. When it is dropped, it notes its time.
pub(super) struct RefreshRun<'a> {
    flight: &'a mut FlightState,
    began: Instant,
}

impl<'a> RefreshRun<'a> {
    /// Begins a run of a call that ends at `until`. Returns `None` if the call has no more time
    /// than a run that was dropped before it ended.
    pub(super) fn begin(flight: &'a mut FlightState, until: Option<Instant>) -> Option<Self> {
        let began = Instant::now();
        let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(began));
        (left > flight.longest_run).then_some(Self { flight, began })
    }

    pub(super) fn end(self, result: Result<RefreshedToken, CredentialsError>) {
        self.flight.result = Some(result);
    }
}

impl Drop for RefreshRun<'_> {
    fn drop(&mut self) {
        self.flight.longest_run = self.flight.longest_run.max(self.began.elapsed());
    }
}
