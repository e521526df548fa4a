//! Serialises the snapshot of a retry for dashboards.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::counts::{GiveUpCounts, RetryCounts};
use super::snapshot::RetrySnapshot;
use crate::signal::StopReason;

#[derive(Serialize)]
struct FailureView<'a> {
    seconds_ago: f64,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// A number for each reason.
impl Serialize for GiveUpCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reasons = serializer.serialize_map(Some(StopReason::ALL.len()))?;
        for reason in StopReason::ALL {
            reasons.serialize_entry(reason.as_str(), &self.of(reason))?;
        }
        reasons.end()
    }
}

impl Serialize for RetryCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("RetryCounts", 10)?;
        fields.serialize_field("retried", &self.retried)?;
        fields.serialize_field("recovered", &self.recovered)?;
        fields.serialize_field("waited", &self.waited)?;
        fields.serialize_field("give_ups", &self.give_ups)?;
        fields.serialize_field("cancelled", &self.cancelled)?;
        fields.serialize_field("panicked", &self.panicked)?;
        fields.serialize_field("attempts", &self.attempts)?;
        fields.serialize_field("retries", &self.retries)?;
        fields.serialize_field("waits", &self.waits)?;
        fields.serialize_field("waiting_time_seconds", &self.waiting_time.as_secs_f64())?;
        fields.end()
    }
}

/// The field `first_try` is null if these calls are not counted.
impl Serialize for RetrySnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failures = self.last_failures.iter().map(|failure| FailureView {
            seconds_ago: self.at.saturating_duration_since(failure.at).as_secs_f64(),
            attempt: failure.attempt,
            text: failure.text.as_ref().map(crate::signal::ErrorText::as_str),
        });
        let mut fields = serializer.serialize_struct("RetrySnapshot", 6)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("is_overridden", &self.is_overridden)?;
        fields.serialize_field("first_try", &self.first_try)?;
        fields.serialize_field("counts", &self.counts)?;
        fields.serialize_field("last_failures", &failures.collect::<Vec<_>>())?;
        fields.serialize_field("settings_with_origin", &self.settings_with_origin)?;
        fields.end()
    }
}
