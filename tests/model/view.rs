//! The visible state of a breaker. The tests compare the views of the model and of the breaker.
//! Instants are durations since the breaker was created.

use std::time::{Duration, Instant};

use resilient::breaker::{
    BreakerSnapshot, CallCounts, CircuitState, FailureRecord, OperatorNote, Transition,
    TransitionReason, WindowCounts,
};
use resilient::events::EventKind;

use super::operation::Rejection;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(crate) state: CircuitState,
    pub(crate) since: Option<i128>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) ends_in: Option<Duration>,
    pub(crate) note: Note,
    /// The rejection of the next call, or `None` if the circuit is not open.
    pub(crate) open_now: Option<Rejection>,
    pub(crate) streak: u32,
    pub(crate) window: Option<Remembered>,
    pub(crate) last_opening: Option<Remembered>,
    pub(crate) last_failures: Vec<Failed>,
    pub(crate) probes_in_flight: usize,
    pub(crate) in_flight: u64,
    pub(crate) overdue: u64,
    pub(crate) totals: Totals,
    pub(crate) in_state: Totals,
    /// One count for each state, in the order of [`CircuitState::ALL`].
    pub(crate) transitions: [u64; 6],
    pub(crate) time_in_state: [Duration; 6],
    pub(crate) recent: Vec<Step>,
    pub(crate) listener_panics: u64,
    pub(crate) lost_events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Remembered {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
    pub(crate) overdue: u64,
    pub(crate) streak: u32,
}

/// A failure that the breaker remembers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failed {
    pub(crate) at: i128,
    pub(crate) took: Option<Duration>,
    pub(crate) text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Totals {
    pub(crate) success: u64,
    pub(crate) failure: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) late: u64,
    pub(crate) rejected: u64,
    pub(crate) slow: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) at: i128,
    pub(crate) from: CircuitState,
    pub(crate) to: CircuitState,
    pub(crate) reason: TransitionReason,
    pub(crate) lasts: Option<Duration>,
    pub(crate) note: Note,
}

/// An event that a listener received.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Step(Step),
    WouldOpen(TransitionReason),
    SettingsChanged,
    Unexpected(String),
}

impl View {
    /// Returns a description of each difference between the views.
    pub(crate) fn differences(&self, expected: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        macro_rules! compare {
            ($($part:ident),*) => {
                $(if self.$part != expected.$part {
                    let name = stringify!($part);
                    differences.push(format!(
                        "{name}: {:?}, but the model says {:?}",
                        self.$part, expected.$part
                    ));
                })*
            };
        }
        compare!(
            state,
            since,
            retry_after,
            ends_in,
            note,
            open_now,
            streak,
            window,
            last_opening,
            last_failures,
            probes_in_flight,
            in_flight,
            overdue,
            totals,
            in_state,
            transitions,
            time_in_state,
            recent,
            listener_panics,
            lost_events
        );
        differences
    }

    pub(crate) fn of(
        snapshot: &BreakerSnapshot,
        made: Instant,
        open_now: Option<Rejection>,
    ) -> Self {
        Self {
            state: snapshot.state,
            since: snapshot.since.map(|at| nanos_since(made, at)),
            retry_after: snapshot.retry_after,
            ends_in: snapshot.ends_in,
            note: Note::from(&snapshot.note),
            open_now,
            streak: snapshot.consecutive_failures,
            window: snapshot.window.as_ref().map(Remembered::of),
            last_opening: snapshot.last_opening.as_ref().map(Remembered::of),
            last_failures: snapshot.last_failures.iter().map(|it| Failed::of(it, made)).collect(),
            probes_in_flight: snapshot.probes_in_flight,
            in_flight: snapshot.in_flight,
            overdue: snapshot.overdue,
            totals: Totals::of(&snapshot.totals),
            in_state: Totals::of(&snapshot.in_state),
            transitions: CircuitState::ALL.map(|state| snapshot.transitions.of(state)),
            time_in_state: CircuitState::ALL.map(|state| snapshot.time_in_state.of(state)),
            recent: snapshot.recent.iter().map(|step| Step::of(step, made)).collect(),
            listener_panics: snapshot.listener_panics,
            lost_events: snapshot.lost_events,
        }
    }
}

impl Remembered {
    fn of(counts: &WindowCounts) -> Self {
        Self {
            calls: counts.calls,
            failures: counts.failures,
            slow: counts.slow,
            overdue: counts.overdue,
            streak: counts.consecutive_failures,
        }
    }
}

impl Failed {
    fn of(record: &FailureRecord, made: Instant) -> Self {
        Self {
            at: nanos_since(made, record.at()),
            took: record.took(),
            text: record.text().map(ToString::to_string),
        }
    }
}

impl Totals {
    fn of(counts: &CallCounts) -> Self {
        Self {
            success: counts.success,
            failure: counts.failure,
            ignored: counts.ignored,
            abandoned: counts.abandoned,
            late: counts.late,
            rejected: counts.rejected,
            slow: counts.slow,
        }
    }
}

impl Step {
    fn of(step: &Transition, made: Instant) -> Self {
        Self {
            at: nanos_since(made, step.at),
            from: step.from,
            to: step.to,
            reason: step.reason,
            lasts: step.lasts,
            note: Note::from(&step.note),
        }
    }
}

impl Heard {
    pub(crate) fn of(kind: &EventKind, made: Instant) -> Self {
        match kind {
            EventKind::Transition(step) => Self::Step(Step::of(step, made)),
            EventKind::WouldOpen(opening) => Self::WouldOpen(opening.condition().reason()),
            EventKind::SettingsChanged(_) => Self::SettingsChanged,
            other => Self::Unexpected(format!("{other:?}")),
        }
    }
}

fn nanos_since(made: Instant, at: Instant) -> i128 {
    let nanos = |time: Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    nanos(at.saturating_duration_since(made)) - nanos(made.saturating_duration_since(at))
}

/// The note of a state. The table is that of an override.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Note {
    operator: Option<String>,
    reason: Option<String>,
    pub(crate) table: Option<String>,
}

impl From<&OperatorNote> for Note {
    fn from(note: &OperatorNote) -> Self {
        Self {
            operator: note.operator().map(str::to_owned),
            reason: note.reason().map(str::to_owned),
            table: note.table().map(ToString::to_string),
        }
    }
}

impl Note {
    /// Makes the note of a state that the override of the breaker sets, or whose removal ends it.
    pub(crate) fn of_override(operator: Option<&str>) -> Self {
        let operator = operator.map(str::to_owned);
        Self { operator, reason: None, table: Some("[breakers.dependency]".to_owned()) }
    }
}
