//! Generates the random input of a case. All times are even numbers of milliseconds, except the
//! times at which the caller drops the call and at which the operator acts. These two times are odd
//! and differ, so neither coincides with another event, except an event that the operator's command
//! causes.

use proptest::prelude::*;
use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, Classification, Classify, TimedOut};

/// The function or method that makes the call in a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Call,
    Recorded,
    Annotated,
    AnnotatedRecorded,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) way: Way,
    pub(crate) max_retries: u32,
    pub(crate) base: u64,
    pub(crate) factor: u32,
    pub(crate) max_delay: u64,
    pub(crate) max_retry_after: u64,
    pub(crate) waits_for_circuit: bool,
    pub(crate) max_elapsed: Option<u64>,
    pub(crate) deadline: Option<u64>,
    pub(crate) attempt_timeout: Option<u64>,
    /// The deadline of an outer call. The outer call begins at the same time as the call.
    pub(crate) outer_deadline: Option<u64>,
    /// If true, the call runs inside the second attempt of another loop.
    pub(crate) is_nested: bool,
    pub(crate) tokens: Option<u32>,
    pub(crate) circuit: Option<CircuitPlan>,
    /// What each attempt does. If there are more attempts than steps, the last step repeats.
    pub(crate) steps: Vec<Step>,
    /// The time at which the caller drops the call.
    pub(crate) patience: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct CircuitPlan {
    pub(crate) threshold: u32,
    pub(crate) recovery: u64,
    pub(crate) before: Before,
    /// The operator's only command, and its time.
    pub(crate) command: Option<(u64, Command)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Command {
    Close,
    ForceOpen,
    HalfOpen,
}

/// The circuit's history before the call.
#[derive(Debug, Clone)]
pub(crate) enum Before {
    /// The circuit is closed and has this many consecutive failures, fewer than the threshold.
    Failures(u32),
    /// The circuit opened this long before the call.
    Opened(u64),
    Forced,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) takes: u64,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Success,
    Failure(Kind, Option<u64>),
    Panic,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Transient,
    Permanent,
    Throttled,
    Ignored,
    Answered,
}

/// The error of the loop and of the reference.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// The number of the failed attempt, the kind of the error, and its hint.
    Down(u32, Kind, Option<u64>),
    Rejected,
    /// The time limit that ended the call, the length of the limit, and the number of the attempt.
    Late(TimeLimit, u64, u32),
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Rejected
    }
}

impl From<TimedOut> for Fault {
    fn from(cut: TimedOut) -> Self {
        let after = u64::try_from(cut.after().as_millis()).unwrap();
        Self::Late(cut.limit(), after, cut.attempts())
    }
}

impl Classify for Fault {
    fn classify(&self) -> Classification {
        let Self::Down(_, kind, hint) = *self else {
            return Classification::transient();
        };
        let class = match kind {
            Kind::Transient => Classification::transient(),
            Kind::Permanent => Classification::permanent(),
            Kind::Throttled => Classification::throttled(),
            Kind::Ignored => Classification::ignored(),
            Kind::Answered => Classification::answered(),
        };
        match hint {
            Some(hint) => class.after(std::time::Duration::from_millis(hint)),
            None => class,
        }
    }
}

fn even(most: u64) -> impl Strategy<Value = u64> {
    (0..=most / 2).prop_map(|half| 2 * half)
}

fn maybe(most: u64) -> impl Strategy<Value = Option<u64>> {
    prop_oneof![2 => Just(None), 1 => even(most).prop_map(Some)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        12 => Just(Kind::Transient),
        1 => Just(Kind::Permanent),
        3 => Just(Kind::Throttled),
        1 => Just(Kind::Ignored),
        1 => Just(Kind::Answered),
    ];
    let hint = prop_oneof![4 => Just(None), 1 => even(60).prop_map(Some)];
    let end = prop_oneof![
        3 => Just(End::Success),
        12 => (kind, hint).prop_map(|(kind, hint)| End::Failure(kind, hint)),
        1 => Just(End::Panic),
    ];
    let takes = prop_oneof![3 => Just(0), 6 => even(40), 1 => Just(100_000)];
    let step = (takes, end).prop_map(|(takes, end)| Step { takes, end });
    prop::collection::vec(step, 1..7)
}

fn circuit() -> impl Strategy<Value = Option<CircuitPlan>> {
    let before = prop_oneof![
        4 => (0_u32..3).prop_map(Before::Failures),
        2 => even(60).prop_map(Before::Opened),
        1 => Just(Before::Forced),
    ];
    let command = prop_oneof![
        2 => Just(Command::Close),
        1 => Just(Command::ForceOpen),
        1 => Just(Command::HalfOpen),
    ];
    let command = (even(100).prop_map(|at| at + 1), command);
    let command = prop_oneof![1 => Just(None), 1 => command.prop_map(Some)];
    let some = (1_u32..5, even(50), before, command);
    let some = some.prop_map(|(threshold, recovery, before, command)| CircuitPlan {
        threshold,
        recovery,
        before: match before {
            Before::Failures(count) => Before::Failures(count.min(threshold - 1)),
            other => other,
        },
        command,
    });
    prop_oneof![1 => Just(None), 2 => some.prop_map(Some)]
}

pub(crate) fn plans(way: Way) -> impl Strategy<Value = Plan> {
    let policy = (0_u32..6, even(12), 1_u32..4, even(40), even(60), any::<bool>());
    let limits = (maybe(120), maybe(120), maybe(40), maybe(120));
    let tokens = prop_oneof![1 => Just(None), 2 => (0_u32..30).prop_map(Some)];
    let patience = prop_oneof![3 => Just(None), 1 => even(120).prop_map(|at| Some(at + 1))];
    let nested = prop::bool::weighted(0.1);
    (policy, limits, nested, tokens, circuit(), steps(), patience).prop_map(
        move |(policy, limits, is_nested, tokens, circuit, steps, patience)| {
            let (max_retries, base, factor, more, max_retry_after, waits_for_circuit) = policy;
            let (max_elapsed, deadline, attempt_timeout, outer_deadline) = limits;
            let commanded = circuit.as_ref().and_then(|it| Some(it.command?.0));
            let patience = patience.map(|at| if Some(at) == commanded { at + 2 } else { at });
            Plan {
                way,
                max_retries,
                base,
                factor,
                max_delay: base + more,
                max_retry_after,
                waits_for_circuit,
                max_elapsed: max_elapsed.map(|time| time.max(2)),
                deadline,
                attempt_timeout,
                // If the call is nested, the outer call needs at least this deadline to reach its
                // second attempt.
                outer_deadline: outer_deadline.map(|time| time.max(2)),
                is_nested,
                tokens,
                circuit,
                steps,
                patience,
            }
        },
    )
}
