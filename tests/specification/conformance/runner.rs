//! Runs a script on a breaker with a manual clock. Uses the public API only.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use resilient::breaker::{BreakerSnapshot, Transition, WindowCounts};
use resilient::breaker::{CircuitState, ManualChange, OperatorMode, Permit};
use resilient::events::EventKind;
use resilient::time::ManualClock;
use resilient::{CircuitBreaker, CircuitOpen, Outcome};

use super::notation::{self, ByHand, Claim, End, Settings, Step};

/// One object of `breaker.json`.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) config: String,
    /// The steps of the script in its notation.
    pub(crate) text: String,
}

/// The position and the description of a failed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    id: String,
    title: String,
    /// The position of the failed token, counted from 1, and its text. `None` if the configuration
    /// is invalid.
    at: Option<(usize, String)>,
    what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, title, at, what } = self;
        write!(f, "script {id} ({title}), ")?;
        match at {
            Some((position, token)) => write!(f, "token {position} `{token}`: {what}"),
            None => write!(f, "configuration: {what}"),
        }
    }
}

/// Runs a script until it ends or a step fails.
pub(crate) fn run(script: &Script) -> Result<(), Failure> {
    let failure =
        |at, what| Failure { id: script.id.clone(), title: script.title.clone(), at, what };
    let settings = notation::settings(&script.config).map_err(|what| failure(None, what))?;
    let stage = Stage::new(&script.id, settings);
    let mut in_flight = HashMap::new();
    for (index, token) in notation::tokens(&script.text).into_iter().enumerate() {
        notation::step(&token)
            .and_then(|step| stage.play(step, &mut in_flight))
            .and_then(|()| stage.events_and_history_agree())
            .map_err(|what| failure(Some((index + 1, token)), what))?;
    }
    Ok(())
}

/// The breaker under test, its clock, and the transitions that its listener received.
struct Stage {
    breaker: CircuitBreaker,
    clock: ManualClock,
    reported: Arc<Mutex<Vec<Transition>>>,
    min_calls: u64,
}

impl Stage {
    fn new(name: &str, settings: Settings) -> Self {
        let clock = ManualClock::new();
        let breaker = CircuitBreaker::with_clock(name, settings.breaker, clock.clone());
        let reported: Arc<Mutex<Vec<Transition>>> = Arc::default();
        let delivering = Arc::clone(&reported);
        breaker.on_event(move |event| {
            if let EventKind::Transition(transition) = event.kind() {
                delivering.lock().unwrap().push(transition.clone());
            }
        });
        Self { breaker, clock, reported, min_calls: settings.min_calls }
    }

    fn play<'a>(
        &'a self,
        step: Step,
        in_flight: &mut HashMap<String, Permit<'a>>,
    ) -> Result<(), String> {
        match step {
            Step::Call { times, end, took } => {
                for nth in 1..=times {
                    let permit =
                        self.breaker.try_acquire().map_err(|open| not_admitted(nth, &open))?;
                    self.clock.advance(took);
                    finish(permit, end);
                }
                Ok(())
            }
            Step::Rejected { times } => (1..=times).try_for_each(|nth| {
                match self.breaker.try_acquire() {
                    // The drop of the permit counts as a call, but the script has failed anyway.
                    Ok(_) => Err(format!("call {nth} was admitted, not rejected")),
                    Err(_) => Ok(()),
                }
            }),
            Step::Start(name) => {
                let permit = self.breaker.try_acquire().map_err(|open| not_admitted(1, &open))?;
                match in_flight.insert(name, permit) {
                    None => Ok(()),
                    Some(_) => Err("a call of this name is in flight already".to_owned()),
                }
            }
            Step::Finish(name, end) => {
                let permit = in_flight
                    .remove(&name)
                    .ok_or_else(|| format!("no call `{name}` is in flight"))?;
                finish(permit, end);
                Ok(())
            }
            Step::Wait(time) => {
                self.clock.advance(time);
                Ok(())
            }
            Step::Is(state) => self.is(state),
            Step::Claims(claims) => claims.iter().try_for_each(|claim| self.holds(claim)),
            Step::ByHand { what, refused } => self.by_hand(what, refused),
        }
    }

    /// Asserts that `wanted` is the state that the breaker entered last. In the notation, a state
    /// whose end has passed changes only at the next admission.
    fn is(&self, wanted: CircuitState) -> Result<(), String> {
        let snapshot = self.breaker.snapshot();
        let entered = entered(&snapshot);
        equal("the state", &notation::short(wanted), &notation::short(entered))?;
        let honest = snapshot.state;
        let is_due = match entered {
            CircuitState::Open => honest == CircuitState::HalfOpen,
            CircuitState::ForcedOpen | CircuitState::Disabled | CircuitState::ObserveOnly => {
                honest == CircuitState::Closed
            }
            _ => false,
        };
        if honest == entered || is_due {
            equal("`state()`", &honest, &self.breaker.state())
        } else {
            Err(format!("`state()` is {honest} after a transition to {entered}"))
        }
    }

    fn holds(&self, claim: &Claim) -> Result<(), String> {
        let snapshot = self.breaker.snapshot();
        let counts = snapshot.in_state;
        match claim {
            Claim::Ignored(n) => equal("x", n, &counts.ignored),
            Claim::RejectedInState(n) => equal("np", n, &counts.rejected),
            Claim::UntilProbe(time) => equal("ra", &Some(*time), &snapshot.retry_after),
            Claim::EndsIn(time) => equal("end", &Some(*time), &snapshot.ends_in),
            Claim::TimesOpened(n) => equal("opened", n, &snapshot.transitions.opened),
            Claim::Transitions(wanted) => {
                equal("ev", wanted, &in_short(&self.reported.lock().unwrap()))
            }
            Claim::Last(claim) => {
                let last = snapshot.last_opening;
                let last = last.ok_or("no condition has opened the circuit")?;
                self.holds_of(claim, Tally::of(last)).map_err(|what| format!("last.{what}"))
            }
            claim => self.holds_of(claim, Tally::now(&snapshot)),
        }
    }

    fn holds_of(&self, claim: &Claim, tally: Tally) -> Result<(), String> {
        let Tally { calls, failures, slow, streak } = tally;
        match claim {
            Claim::Counted(n) => equal("n", n, &calls),
            Claim::Failed(n) => equal("f", n, &failures),
            Claim::Succeeded(n) => equal("s", n, &(calls - failures)),
            Claim::Slow(n) => equal("slow", n, &slow),
            Claim::Streak(n) => equal("cf", n, &streak),
            Claim::Rate(wanted) => {
                let has_rate = calls >= self.min_calls && calls > 0;
                let percent = failures.saturating_mul(100).checked_div(calls);
                let percent = percent.filter(|_| has_rate);
                let percent = percent.map_or(-1, |percent| i64::try_from(percent).unwrap_or(-2));
                equal("rate", wanted, &percent)
            }
            _ => Err("this is not a value of a window".to_owned()),
        }
    }

    fn by_hand(&self, what: ByHand, refused: bool) -> Result<(), String> {
        let breaker = &self.breaker;
        let result = match what {
            ByHand::Open => breaker.trip(),
            ByHand::OpenFor(time) => breaker.trip_for(time),
            ByHand::HalfOpen => breaker.half_open(),
            ByHand::Close | ByHand::Reset => {
                breaker.close();
                Ok(())
            }
            ByHand::Hold(mode, time) => breaker.apply(&match (mode, time) {
                (OperatorMode::ForcedOpen, None) => ManualChange::force_open(),
                (OperatorMode::ForcedOpen, Some(time)) => ManualChange::force_open_for(time),
                (OperatorMode::Disabled, None) => ManualChange::disable(),
                (OperatorMode::Disabled, Some(time)) => ManualChange::disable_for(time),
                (_, None) => ManualChange::observe_only(),
                (_, Some(time)) => ManualChange::observe_only_for(time),
            }),
        };
        match (result, refused) {
            (Ok(()), false) | (Err(_), true) => Ok(()),
            (Ok(()), true) => Err("was allowed, not refused".to_owned()),
            (Err(error), false) => Err(format!("was refused: {error}")),
        }
    }

    /// Asserts that the events and the history contain the same transitions in the same order. Runs
    /// after every token.
    fn events_and_history_agree(&self) -> Result<(), String> {
        let reported = self.reported.lock().unwrap();
        let recorded = self.breaker.snapshot().recent;
        let newest = reported.len().saturating_sub(recorded.len());
        equal("the record", &in_short(&reported[newest..]), &in_short(&recorded))
    }
}

/// The counts that a script calls `n`, `f` and `s`. If the breaker has a window, these are the
/// counts of the window.
#[derive(Debug, Clone, Copy)]
struct Tally {
    calls: u64,
    failures: u64,
    slow: u64,
    streak: u32,
}

impl Tally {
    fn now(snapshot: &BreakerSnapshot) -> Self {
        let counts = snapshot.in_state;
        snapshot.window.map_or(
            Self {
                calls: counts.success + counts.failure,
                failures: counts.failure,
                slow: counts.slow,
                streak: snapshot.consecutive_failures,
            },
            Self::of,
        )
    }

    fn of(window: WindowCounts) -> Self {
        Self {
            calls: window.calls,
            failures: window.failures,
            slow: window.slow,
            streak: window.consecutive_failures,
        }
    }
}

fn finish(permit: Permit<'_>, end: End) {
    match end {
        End::Success => permit.report(Outcome::Success),
        End::Failure => permit.report(Outcome::Failure),
        End::Ignored => permit.report(Outcome::Ignored),
        End::Cancelled => drop(permit),
        End::Panicked => {
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _permit = permit;
                // `resume_unwind` does not call the panic hook, which would print a message.
                resume_unwind(Box::new("the call panicked"));
            }));
            assert!(unwound.is_err());
        }
    }
}

fn entered(snapshot: &BreakerSnapshot) -> CircuitState {
    snapshot.recent.last().map_or(CircuitState::Closed, |transition| transition.to)
}

fn in_short(transitions: &[Transition]) -> String {
    let steps: Vec<_> = transitions
        .iter()
        .map(|step| format!("{}>{}", notation::short(step.from), notation::short(step.to)))
        .collect();
    steps.join(",")
}

fn not_admitted(nth: u32, open: &CircuitOpen) -> String {
    format!("call {nth} was rejected: {open}")
}

fn equal<T: PartialEq + fmt::Debug>(what: &str, wanted: &T, is: &T) -> Result<(), String> {
    if wanted == is { Ok(()) } else { Err(format!("{what} is {is:?}, not {wanted:?}")) }
}
