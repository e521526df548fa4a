//! Serialises snapshots for dashboards. A duration becomes seconds, and an instant becomes the
//! seconds that have passed since that instant.

use std::time::{Duration, Instant};

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{
    BreakerSnapshot, CircuitState, Condition, ErrorText, FailureRecord, Opening, OverrideTable,
    TimeInState, TransitionReason,
};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<FailureView<'a>>,
}

#[derive(Serialize)]
struct FailureView<'a> {
    seconds_ago: f64,
    took_seconds: Option<f64>,
    text: Option<&'a ErrorText>,
}

impl<'a> FailureView<'a> {
    fn new(record: &'a FailureRecord, at: Instant) -> Self {
        Self {
            seconds_ago: seconds_ago(record.at(), at),
            took_seconds: record.took().map(|took| took.as_secs_f64()),
            text: record.text(),
        }
    }
}

/// A condition becomes the name of its setting, its numbers, and its text.
impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("setting", self.setting())?;
        match *self {
            Self::ConsecutiveFailures { failures, limit, lasting } => {
                fields.serialize_entry("count", &failures)?;
                fields.serialize_entry("limit", &limit)?;
                if let Some((lasted, span)) = lasting {
                    fields.serialize_entry("lasted_seconds", &lasted.as_secs_f64())?;
                    fields.serialize_entry("span_seconds", &span.as_secs_f64())?;
                }
            }
            Self::FailureCount { failures, limit, .. } => {
                fields.serialize_entry("count", &failures)?;
                fields.serialize_entry("limit", &limit)?;
            }
            Self::FailureRate { failures: count, calls, limit, least_calls }
            | Self::SlowCallRate { slow: count, calls, limit, least_calls } => {
                fields.serialize_entry("count", &count)?;
                fields.serialize_entry("calls", &calls)?;
                fields.serialize_entry("limit", &limit)?;
                fields.serialize_entry("min_calls", &least_calls)?;
            }
            Self::FailedProbes { failed: count, limit, .. }
            | Self::SucceededProbes { succeeded: count, limit } => {
                fields.serialize_entry("count", &count)?;
                fields.serialize_entry("limit", &limit)?;
            }
        }
        fields.serialize_entry("is_met", &self.is_met())?;
        fields.serialize_entry("text", &format_args!("{self}"))?;
        fields.end()
    }
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
            condition: transition.opening.as_ref().map(Opening::condition),
            last_failure: transition
                .opening
                .as_ref()
                .and_then(Opening::last_failure)
                .map(|record| FailureView::new(record, self.at)),
        });
        let recent: Vec<_> = recent.collect();
        let mut fields = serializer.serialize_struct("BreakerSnapshot", 27)?;
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
        fields.serialize_field("distances", &self.distances)?;
        let failures = self.last_failures.iter().map(|it| FailureView::new(it, self.at));
        fields.serialize_field("last_failures", &failures.collect::<Vec<_>>())?;
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
