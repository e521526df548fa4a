//! Serialises snapshots for dashboards. A duration becomes seconds, and an instant becomes the
//! seconds that have passed since that instant.

use std::time::{Duration, Instant};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{BreakerSnapshot, CircuitState, OverrideTable, TimeInState, TransitionReason};

#[derive(Serialize)]
struct TransitionView<'a> {
    seconds_ago: f64,
    from: CircuitState,
    to: CircuitState,
    reason: TransitionReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasts_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_table: Option<&'a OverrideTable>,
}

/// Serialises a duration as seconds.
pub(crate) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn seconds_ago(then: Instant, at: Instant) -> f64 {
    at.saturating_duration_since(then).as_secs_f64()
}

impl Serialize for BreakerSnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = |time: Duration| time.as_secs_f64();
        let recent = self.recent.iter().map(|transition| TransitionView {
            seconds_ago: seconds_ago(transition.at, self.at),
            from: transition.from,
            to: transition.to,
            reason: transition.reason,
            lasts_seconds: transition.lasts.map(seconds),
            operator: transition.note.operator(),
            operator_reason: transition.note.reason(),
            override_table: transition.note.table(),
        });
        let recent: Vec<_> = recent.collect();
        let mut fields = serializer.serialize_struct("BreakerSnapshot", 25)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("key", &self.key)?;
        fields.serialize_field("state", &self.state)?;
        let since = self.since.map(|since| seconds_ago(since, self.at));
        fields.serialize_field("since_seconds_ago", &since)?;
        fields.serialize_field("retry_after_seconds", &self.retry_after.map(seconds))?;
        fields.serialize_field("ends_in_seconds", &self.ends_in.map(seconds))?;
        fields.serialize_field("operator", &self.note.operator())?;
        fields.serialize_field("operator_reason", &self.note.reason())?;
        fields.serialize_field("override_table", &self.note.table())?;
        fields.serialize_field("consecutive_failures", &self.consecutive_failures)?;
        fields.serialize_field("window", &self.window)?;
        fields.serialize_field("last_opening", &self.last_opening)?;
        fields.serialize_field("in_flight", &self.in_flight)?;
        fields.serialize_field("overdue", &self.overdue)?;
        fields.serialize_field("probes_in_flight", &self.probes_in_flight)?;
        fields.serialize_field("waiting", &self.waiting)?;
        fields.serialize_field("totals", &self.totals)?;
        fields.serialize_field("in_state", &self.in_state)?;
        fields.serialize_field("rejections", &self.rejections)?;
        fields.serialize_field("transitions", &self.transitions)?;
        fields.serialize_field("seconds_in_state", &Seconds(&self.time_in_state))?;
        fields.serialize_field("recent", &recent)?;
        fields.serialize_field("settings_with_origin", &self.settings_with_origin)?;
        fields.serialize_field("listener_panics", &self.listener_panics)?;
        fields.serialize_field("lost_events", &self.lost_events)?;
        fields.end()
    }
}

struct Seconds<'a>(&'a TimeInState);

impl Serialize for Seconds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("TimeInState", CircuitState::ALL.len())?;
        for state in CircuitState::ALL {
            fields.serialize_field(state.as_str(), &self.0.of(state).as_secs_f64())?;
        }
        fields.end()
    }
}
