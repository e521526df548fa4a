//! Tests of the state machine: corner cases of each rule, and random walks compared with a simple
//! model.

mod generations;
mod open_time;
mod probes;
mod untimed;
mod walk;

use std::time::{Duration, Instant};

use super::history::HISTORY;
use super::{CallEnd, Counted, Ending, Machine, Rejection, Ticket};
use crate::breaker::config::{AbandonedOutcome, BreakerConfig, BreakerConfigBuilder};
use crate::platform::random;
use crate::signal::{
    CircuitState, ManualChange, OperatorMode, OperatorNote, Outcome, TransitionReason,
};

const SUCCESS: Ending = Ending::Reported(Outcome::Success);
const FAILURE: Ending = Ending::Reported(Outcome::Failure);
const IGNORED: Ending = Ending::Reported(Outcome::Ignored);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn machine(config: &BreakerConfigBuilder) -> Machine {
    seeded(config, 7)
}

fn seeded(config: &BreakerConfigBuilder, seed: u64) -> Machine {
    random::seed_thread(seed);
    Machine::new(config.build().unwrap().into(), Instant::now())
}

/// Returns settings that open the circuit for 10 s at the first failure.
fn fragile() -> BreakerConfigBuilder {
    BreakerConfig::builder().failure_threshold(1).recovery_time(secs(10))
}

/// Returns the `fragile` settings, with room for `calls` probes at a time.
fn probing(calls: u32, successes: u32, failures: u32) -> BreakerConfigBuilder {
    fragile().half_open_max_calls(calls).half_open_successes(successes).half_open_failures(failures)
}

fn call(machine: &mut Machine, ending: Ending, now: Instant) -> Counted {
    let ticket = machine.admit(now).unwrap();
    machine.report(ticket, &CallEnd::of(ending), now)
}

fn fail_with_hint(machine: &mut Machine, hint: Duration, now: Instant) {
    let ticket = machine.admit(now).unwrap();
    machine.report(ticket, &CallEnd { retry_after: Some(hint), ..CallEnd::of(FAILURE) }, now);
}

/// Returns an open machine and the instant at which its open time ends: a call at that instant is a
/// probe.
fn due(config: &BreakerConfigBuilder) -> (Machine, Instant) {
    let start = Instant::now();
    let mut machine = machine(config);
    call(&mut machine, FAILURE, start);
    (machine, start + secs(10))
}

/// Returns the end of the present state.
fn end(machine: &Machine) -> Option<Instant> {
    machine.period().and_then(|(_, end)| end)
}

/// Admits calls until one is rejected, or 5 000 are admitted.
fn admissions(machine: &mut Machine, now: Instant) -> impl Iterator<Item = Ticket> + '_ {
    std::iter::from_fn(move || machine.admit(now).ok()).take(5_000)
}

/// Makes `count` calls that fail and open the circuit, each at the end of the previous open time.
/// Returns the open times.
fn open_times(machine: &mut Machine, mut now: Instant, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..count {
        call(machine, FAILURE, now);
        assert_eq!(machine.entered(), CircuitState::Open);
        let time = machine.retry_after(now).unwrap();
        times.push(time);
        now += time;
    }
    times
}

#[test]
fn b13_the_history_is_bounded_and_the_counts_are_not() {
    let now = Instant::now();
    let mut machine = machine(&fragile());
    for _ in 0..10_000 {
        machine.change_by_hand(ManualChange::trip(), now).unwrap();
        machine.close(OperatorNote::EMPTY, now);
    }
    assert_eq!(machine.history().count(), HISTORY);
    let counts = machine.transitions();
    assert_eq!((counts.opened, counts.closed), (10_000, 10_000));
}

#[test]
fn b13_transitions_are_fetched_once_each_and_in_order() {
    let (mut machine, now) = due(&fragile());
    let pairs = |machine: &mut Machine| -> Vec<_> {
        let fetched = machine.fetch_transitions();
        fetched.map(|step| (step.from, step.to)).collect()
    };
    assert_eq!(pairs(&mut machine), [(CircuitState::Closed, CircuitState::Open)]);
    call(&mut machine, SUCCESS, now);
    let expected = [
        (CircuitState::Open, CircuitState::HalfOpen),
        (CircuitState::HalfOpen, CircuitState::Closed),
    ];
    assert_eq!(pairs(&mut machine), expected);
    assert_eq!(pairs(&mut machine), []);
}
