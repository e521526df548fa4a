//! One server-sent event.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::response::DecodeError;

/// A server-sent event, from [`EventStream::next_event`](crate::EventStream::next_event).
///
/// `Debug` shows neither the data nor the id, which may contain secrets.
///
/// ```no_run
/// # use resilient_http::{ApiError, EventStream};
/// # async fn example(mut events: EventStream) -> Result<(), ApiError> {
/// #[derive(serde::Deserialize)]
/// struct Price { cents: u64 }
///
/// while let Some(event) = events.next_event().await {
///     let event = event?;
///     if let ("price", Ok(price)) = (event.event.as_str(), event.json::<Price>()) {
///         println!("{} cents", price.cents);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SseEvent {
    /// The type of the event, from the field `event`. Default: `message`.
    pub event: String,
    /// The lines of the fields `data`, joined by line feeds.
    pub data: String,
    /// The last id that the server set with a field `id`, in this event or in an earlier one. It is
    /// empty if the server set no id.
    pub id: Arc<str>,
    /// The last time that the server set with a field `retry`, in this event or in an earlier one:
    /// how long a client waits before it connects again.
    pub retry: Option<Duration>,
}

impl SseEvent {
    /// Reads the data as JSON.
    ///
    /// # Errors
    ///
    /// Returns a [`DecodeError`] if the data is not JSON or has another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_str(&self.data).map_err(|error| DecodeError::json::<T>(&error))
    }
}

impl fmt::Debug for SseEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseEvent")
            .field("event", &self.event)
            .field("data_bytes", &self.data.len())
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
