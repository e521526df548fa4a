//! Generates random valid settings and random operations. The times of the operations are often at
//! a boundary.
//!
//! A strategy that is an alternative inside another strategy is boxed. Without boxes, the value
//! tree of many alternatives would take thousands of bytes, and proptest moves each value tree
//! several times.

use std::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use resilient::breaker::{AbandonedOutcome, OperatorMode, Window};
use resilient_testkit::secs;

use crate::operation::{Action, ByHand, Edge, Ending, Operation, SLOTS, Side, Span};
use crate::settings::Settings;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn settings() -> BoxedStrategy<Settings> {
    (conditions(), recovery(), half_open())
        .prop_map(|(conditions, recovery, half_open)| conditions.over(&recovery).over(&half_open))
        .prop_filter("the settings are valid together", Settings::go_together)
        .boxed()
}

fn window() -> impl Strategy<Value = (Window, Option<u32>)> {
    let time = select(vec![secs(1), secs(10), Duration::from_nanos(100), secs(7)]);
    prop_oneof![
        (1..=20_u32).prop_map(|calls| (Window::Calls(calls), None)),
        (time, option::of(1..=12_u32)).prop_map(|(time, buckets)| (Window::Time(time), buckets)),
    ]
}

/// Generates settings with any number of conditions that open the circuit.
fn conditions() -> impl Strategy<Value = Settings> {
    let rates = vec![0.1, 0.2, 0.25, 1.0 / 3.0, 0.3, 0.5, 0.6, 0.75, 1.0];
    let spans = vec![Duration::ZERO, Duration::from_nanos(1), secs(1), secs(12)];
    let streak = (option::of(1..=6_u32), option::weighted(0.3, select(spans)));
    let of_a_window = (
        window(),
        option::of(select(rates.clone())),
        option::of(1..=6_u32),
        option::of(select(rates)),
        select(vec![millis(1), secs(1), Duration::from_nanos(1)]),
        option::of(1..=8_u32),
    );
    (streak, option::weighted(0.8, of_a_window)).prop_map(|(streak, of_a_window)| {
        let (failure_threshold, failure_span) = streak;
        let mut settings = Settings { failure_threshold, failure_span, ..Settings::default() };
        let Some((window, failure_rate, failure_count, slow_call_rate, slow_call, min_calls)) =
            of_a_window
        else {
            return settings;
        };
        let held = match window.0 {
            Window::Calls(calls) => calls,
            _ => u32::MAX,
        };
        settings.window = Some(window.0);
        settings.window_buckets = window.1;
        settings.failure_rate = failure_rate;
        settings.failure_count = failure_count.map(|count| count.min(held));
        settings.slow_call_rate = slow_call_rate;
        settings.slow_call = slow_call_rate.map(|_| slow_call);
        let has_rate = failure_rate.is_some() || slow_call_rate.is_some();
        settings.min_calls = min_calls.filter(|_| has_rate).map(|calls| calls.min(held));
        settings
    })
}

/// Generates only whole seconds and whole factors, because the rules do not define how the open
/// time is rounded.
fn recovery() -> impl Strategy<Value = Settings> {
    let recovery_time = prop_oneof![
        8 => select(vec![secs(1), secs(10), secs(30)]),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ];
    (
        option::of(recovery_time),
        select(vec![None, Some(1.0), Some(3.0), Some(2.0), Some(10.0)]),
        0..6_u32,
        option::of(prop_oneof![
            4 => select(vec![Duration::from_nanos(1), millis(500), secs(2), secs(60)]),
            1 => Just(Duration::MAX),
        ]),
    )
        .prop_map(|(recovery_time, recovery_factor, max, probe_timeout)| {
            let base = recovery_time.unwrap_or(secs(30));
            let max_recovery_time = match max {
                0 => Some(base),
                1 => Some(base.saturating_mul(3)),
                2 => Some(base.max(secs(3600))),
                3 => Some(Duration::MAX),
                _ => None,
            };
            Settings {
                recovery_time,
                recovery_factor,
                max_recovery_time,
                probe_timeout,
                ..Settings::default()
            }
        })
}

fn half_open() -> impl Strategy<Value = Settings> {
    let abandoned =
        select(vec![None, Some(AbandonedOutcome::Ignore), Some(AbandonedOutcome::Failure)]);
    let remember_errors = select(vec![None, Some(true), Some(false)]);
    let probes = (option::of(1..=4_u32), option::of(0..=3_u32), option::of(1..=7_u32));
    (probes, abandoned, remember_errors).prop_map(
        |((successes, failures, max_calls), abandoned, remember_errors)| {
            let sum = successes.unwrap_or(1) + failures.unwrap_or(0);
            Settings {
                half_open_max_calls: max_calls.map(|calls| calls.min(sum)),
                half_open_successes: successes,
                half_open_failures: failures,
                abandoned,
                remember_errors,
                ..Settings::default()
            }
        },
    )
}

pub(crate) fn ending() -> BoxedStrategy<Ending> {
    let hint = select(vec![Duration::ZERO, secs(5), secs(45), secs(5000), Duration::MAX]);
    prop_oneof![
        8 => Just(Ending::Success),
        10 => Just(Ending::Failure),
        1 => Just(Ending::Ignored),
        2 => hint.clone().prop_map(Ending::FailureAfter),
        1 => hint.prop_map(Ending::SuccessAfter),
        1 => Just(Ending::Dropped),
        1 => Just(Ending::Unwound),
    ]
    .boxed()
}

fn span() -> BoxedStrategy<Span> {
    let edge = prop_oneof![
        4 => Just(Edge::RetryAfter),
        2 => Just(Edge::Bucket),
        2 => (1..=13_u32).prop_map(Edge::Buckets),
        2 => Just(Edge::Slow),
        1 => Just(Edge::LastLease),
        2 => Just(Edge::StateEnd),
        2 => Just(Edge::FailureSpan),
    ];
    let side = select(vec![Side::JustBefore, Side::Exactly, Side::JustAfter]);
    prop_oneof![
        3 => (edge, side).prop_map(|(edge, side)| Span::Until(edge, side)),
        1 => time().prop_map(Span::Fixed),
    ]
    .boxed()
}

fn time() -> impl Strategy<Value = Duration> {
    select(vec![
        Duration::from_nanos(1),
        Duration::from_nanos(9),
        millis(1),
        millis(300),
        secs(1),
        secs(12),
        secs(700),
    ])
}

pub(crate) fn trip_for() -> impl Strategy<Value = Duration> {
    select(vec![Duration::ZERO, millis(1), secs(20), secs(5000), Duration::MAX])
}

/// Generates the time that a call takes, which is zero in most cases.
fn took() -> BoxedStrategy<Span> {
    prop_oneof![
        3 => Just(Span::Fixed(Duration::ZERO)),
        1 => span(),
    ]
    .boxed()
}

fn by_hand() -> BoxedStrategy<Action> {
    let back = vec![Duration::from_nanos(1), millis(2), secs(3), secs(100)];
    let modes = vec![OperatorMode::ForcedOpen, OperatorMode::Disabled, OperatorMode::ObserveOnly];
    let hold = (select(modes), option::of(trip_for())).boxed();
    let overriding = (settings(), any::<u32>(), option::weighted(0.2, hold.clone()));
    let manual = prop_oneof![
        3 => Just(ByHand::Trip),
        2 => trip_for().prop_map(ByHand::TripFor),
        3 => Just(ByHand::HalfOpen),
        2 => Just(ByHand::Close),
        5 => hold.prop_map(|(mode, time)| ByHand::Hold(mode, time)),
    ];
    let operator = option::of(select(vec!["alice", "bob"]));
    prop_oneof![
        3 => select(back).prop_map(Action::SetBack),
        15 => (manual, operator).prop_map(|(by_hand, name)| Action::ByHand(by_hand, name)),
        4 => overriding
            .prop_map(|(settings, mask, mode)| Action::Override(settings.masked(mask), mode)),
        1 => Just(Action::ClearOverride),
    ]
    .boxed()
}

pub(crate) fn operation() -> BoxedStrategy<Operation> {
    prop_oneof![
        8 => (ending(), took()).prop_map(|(ending, took)| Operation::Call(ending, took)),
        5 => (0..SLOTS).prop_map(Operation::Admit),
        5 => (0..SLOTS, ending()).prop_map(|(slot, ending)| Operation::End(slot, ending)),
        5 => span().prop_map(Operation::Advance),
        2 => by_hand().prop_map(Operation::Do),
    ]
    .boxed()
}

/// Generates actions with fixed times, which do not depend on a boundary.
pub(crate) fn action() -> BoxedStrategy<Action> {
    prop_oneof![
        6 => (0..SLOTS).prop_map(Action::Admit),
        6 => (0..SLOTS, ending()).prop_map(|(slot, ending)| Action::End(slot, ending)),
        3 => time().prop_map(Action::Advance),
        2 => by_hand(),
    ]
    .boxed()
}
