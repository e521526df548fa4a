//! Executes the operations of a sequence on the breaker under test.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use resilient::breaker::{
    CircuitState, ManualChange, OperatorMode, OperatorNote, Permit, TransitionError,
};
use resilient::events::EventKind;
use resilient::registry::BreakerOverride;
use resilient::time::{Clock, ManualClock};
use resilient::{CircuitBreaker, CircuitOpen, Outcome, Registry};

use crate::operation::{Action, Answer, ByHand, Ending, Rejection, SLOTS};
use crate::settings::Settings;
use crate::view::{Heard, View};

const NAME: &str = "dependency";

/// The breaker under test, its registry and its clock. The permits of a [`Subject`] borrow from
/// this value.
pub(crate) struct Parts {
    breaker: CircuitBreaker,
    registry: Registry,
    clock: ManualClock,
    made: Instant,
    heard: Arc<Mutex<Vec<EventKind>>>,
}

impl Parts {
    pub(crate) fn new(settings: &Settings) -> Self {
        let clock = ManualClock::new();
        let config = settings.builder().build().expect("the settings are valid");
        let breaker = CircuitBreaker::with_clock(NAME, config, clock.clone());
        let registry = Registry::new();
        registry.register(&breaker).expect("each subject has its own registry");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        breaker.on_event(move |event| ear.lock().unwrap().push(event.kind().clone()));
        Self { made: clock.now(), breaker, registry, clock, heard }
    }
}

pub(crate) struct Subject<'parts> {
    parts: &'parts Parts,
    in_flight: [Option<Permit<'parts>>; SLOTS],
}

impl<'parts> Subject<'parts> {
    pub(crate) fn new(parts: &'parts Parts) -> Self {
        Self { parts, in_flight: [const { None }; SLOTS] }
    }

    pub(crate) fn is_in_flight(&self, slot: usize) -> bool {
        self.in_flight[slot].is_some()
    }

    pub(crate) fn act(&mut self, action: &Action) -> Answer {
        let Parts { breaker, registry, clock, .. } = self.parts;
        match action {
            Action::Admit(slot) => return self.admit(*slot),
            Action::End(slot, ending) => {
                if let Some(permit) = self.in_flight[*slot].take() {
                    end(permit, *ending);
                }
            }
            Action::Advance(by) => clock.advance(*by),
            Action::SetBack(by) => clock.set_back(*by),
            Action::ByHand(by_hand, operator) => {
                let change = change(*by_hand);
                return answer(match operator {
                    Some(name) => breaker.apply(&change.by(name).because(name)),
                    None => breaker.apply(&change),
                });
            }
            Action::Override(settings, mode) => {
                let mut what = BreakerOverride::from(settings.builder());
                if let Some((mode, time)) = *mode {
                    (what.mode, what.mode_for) = (Some(mode), time);
                    what.note = OperatorNote::new().by("a file");
                }
                let accepted = registry.override_breaker(NAME, what).is_ok();
                return Answer::Overridden { accepted };
            }
            Action::ClearOverride => {
                let accepted = registry.clear_override(NAME).is_ok();
                return Answer::Overridden { accepted };
            }
        }
        Answer::Nothing
    }

    fn admit(&mut self, slot: usize) -> Answer {
        match self.parts.breaker.try_acquire() {
            Ok(permit) => {
                self.in_flight[slot] = Some(permit);
                Answer::Admitted
            }
            Err(open) => Answer::Rejected(rejection(&open)),
        }
    }

    pub(crate) fn view(&self) -> View {
        let open_now = self.parts.breaker.open_now().as_ref().map(rejection);
        View::of(&self.parts.breaker.snapshot(), self.parts.made, open_now)
    }

    pub(crate) fn state(&self) -> CircuitState {
        self.parts.breaker.state()
    }

    /// Returns the events since the last call of `heard`.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        let heard = std::mem::take(&mut *self.parts.heard.lock().unwrap());
        heard.iter().map(|kind| Heard::of(kind, self.parts.made)).collect()
    }
}

fn change(by_hand: ByHand) -> ManualChange {
    match by_hand {
        ByHand::Trip => ManualChange::trip(),
        ByHand::TripFor(time) => ManualChange::trip_for(time),
        ByHand::HalfOpen => ManualChange::half_open(),
        ByHand::Close => ManualChange::close(),
        ByHand::Hold(mode, time) => match (mode, time) {
            (OperatorMode::ForcedOpen, None) => ManualChange::force_open(),
            (OperatorMode::ForcedOpen, Some(time)) => ManualChange::force_open_for(time),
            (OperatorMode::Disabled, None) => ManualChange::disable(),
            (OperatorMode::Disabled, Some(time)) => ManualChange::disable_for(time),
            (OperatorMode::ObserveOnly, None) => ManualChange::observe_only(),
            (OperatorMode::ObserveOnly, Some(time)) => ManualChange::observe_only_for(time),
            (other, _) => unreachable!("the sequences have no {other:?}"),
        },
    }
}

fn answer(result: Result<(), TransitionError>) -> Answer {
    match result {
        Ok(()) => Answer::Nothing,
        Err(refused) => Answer::Refused { from: refused.from(), to: refused.to() },
    }
}

pub(crate) fn end(permit: Permit<'_>, ending: Ending) {
    match ending {
        Ending::Success => permit.report(Outcome::Success),
        Ending::Failure => permit.report(Outcome::Failure),
        Ending::Ignored => permit.report(Outcome::Ignored),
        Ending::SuccessAfter(hint) => permit.report_after(Outcome::Success, hint),
        Ending::FailureAfter(hint) => permit.report_after(Outcome::Failure, hint),
        Ending::Dropped => drop(permit),
        Ending::Unwound => {
            let unwound = catch_unwind(AssertUnwindSafe(move || {
                let _permit = permit;
                // `resume_unwind` does not call the panic hook, which would print a message.
                resume_unwind(Box::new("a panic of the test"));
            }));
            assert!(unwound.is_err());
        }
    }
}

pub(crate) fn rejection(open: &CircuitOpen) -> Rejection {
    Rejection { state: open.state(), retry_after: open.retry_after() }
}
