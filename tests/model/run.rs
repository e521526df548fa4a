//! Runs one sequence on the model and on the breaker, and compares them after each operation.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult};

use crate::model::{Model, Wrong};
use crate::operation::{Action, Answer, Operation, SLOTS};
use crate::settings::Settings;
use crate::subject::{Parts, Subject};
use crate::view::View;

/// Runs a sequence on the model and on two breakers. Compares the first breaker with the model
/// after each step, and the second breaker only at the end. So the comparison also proves that
/// reading a breaker does not change it.
///
/// Returns the breaker's final view.
pub(crate) fn compare(
    settings: &Settings,
    operations: &[Operation],
    wrong: Option<Wrong>,
) -> Result<View, TestCaseError> {
    let (watched, unwatched) = (Parts::new(settings), Parts::new(settings));
    let mut comparison = Comparison {
        model: Model::new(settings, wrong),
        watched: Subject::new(&watched),
        unwatched: Subject::new(&unwatched),
    };
    comparison.look()?;
    for (step, operation) in operations.iter().enumerate() {
        let compared = comparison.perform(operation).and_then(|()| comparison.look());
        compared.map_err(|mismatch| {
            TestCaseError::fail(format!("at step {step}, {operation:?}: {mismatch}"))
        })?;
    }
    let looks = comparison.unwatched.view();
    same(&looks, &comparison.model.view())
        .map_err(|mismatch| TestCaseError::fail(format!("only at the end: {mismatch}")))?;
    Ok(looks)
}

struct Comparison<'parts> {
    model: Model,
    watched: Subject<'parts>,
    unwatched: Subject<'parts>,
}

impl Comparison<'_> {
    fn perform(&mut self, operation: &Operation) -> TestCaseResult {
        match operation {
            Operation::Admit(from) => {
                if let Some(slot) = self.slot(*from, false) {
                    self.act(&Action::Admit(slot))?;
                }
            }
            Operation::End(from, ending) => {
                if let Some(slot) = self.slot(*from, true) {
                    self.act(&Action::End(slot, *ending))?;
                }
            }
            Operation::Call(ending, took) => {
                let Some(slot) = self.slot(0, false) else {
                    return Ok(());
                };
                if self.act(&Action::Admit(slot))? == Answer::Admitted {
                    self.act(&Action::Advance(self.model.length(*took)))?;
                    self.act(&Action::End(slot, *ending))?;
                }
            }
            Operation::Advance(span) => {
                self.act(&Action::Advance(self.model.length(*span)))?;
            }
            // Leaves out this operation. A clock that goes back can hide overdue calls, and the
            // rules do not say for how long.
            Operation::Do(Action::SetBack(_)) if self.model.watches() => {}
            Operation::Do(action) => {
                self.act(action)?;
            }
        }
        Ok(())
    }

    /// Searches the slots in order, from slot `from` on. Returns the first slot with a call in
    /// flight, or, if `in_flight` is false, the first slot without one.
    fn slot(&self, from: usize, in_flight: bool) -> Option<usize> {
        (from..from + SLOTS)
            .map(|slot| slot % SLOTS)
            .find(|slot| self.model.is_in_flight(*slot) == in_flight)
    }

    fn act(&mut self, action: &Action) -> Result<Answer, TestCaseError> {
        let expected = self.model.act(action);
        for subject in [&mut self.watched, &mut self.unwatched] {
            prop_assert_eq!(&subject.act(action), &expected, "the result of {:?}", action);
        }
        Ok(expected)
    }

    /// Compares the views and the events of the model and the breaker.
    fn look(&mut self) -> TestCaseResult {
        let heard = self.model.heard();
        prop_assert_eq!(self.watched.heard(), heard.clone(), "the events");
        prop_assert_eq!(self.unwatched.heard(), heard, "the events of the unwatched breaker");
        let expected = self.model.view();
        prop_assert_eq!(self.watched.state(), expected.state);
        same(&self.watched.view(), &expected)
    }
}

fn same(seen: &View, expected: &View) -> TestCaseResult {
    let differences = seen.differences(expected);
    prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}
