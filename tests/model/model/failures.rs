//! Rule B20 of the model: the last failures that the breaker has counted, in any state.

use super::{Model, Nanos, Ticket, Wrong, opening::duration};
use crate::operation::Ending;
use crate::view::Failed;

/// All failures since the breaker was created.
#[derive(Debug, Default)]
pub(super) struct Failures(Vec<Failed>);

impl Failures {
    /// Returns the last four failures, oldest first.
    pub(super) fn last(&self) -> Vec<Failed> {
        self.0[self.0.len().saturating_sub(4)..].to_vec()
    }
}

impl Model {
    /// Remembers the failure of a call that ended now.
    pub(super) fn remember(&mut self, ticket: Ticket, ending: Ending) {
        let text = match ending {
            Ending::Unwound => Some("panicked"),
            Ending::Dropped => Some("abandoned"),
            _ => None,
        };
        self.remember_failure(self.took(ticket), text);
    }

    /// Remembers the failure of a probe that is overdue. The probe began at `since`.
    pub(super) fn remember_overdue(&mut self, since: Nanos) {
        self.remember_failure(Some(self.clock - since), Some("no result yet"));
    }

    fn remember_failure(&mut self, took: Option<Nanos>, text: Option<&str>) {
        let text = text.filter(|_| self.holding.remember_errors).map(str::to_owned);
        self.failures.0.push(Failed { at: self.clock, took: took.map(duration), text });
    }

    /// G2: removes the texts if `remember_errors` is off. They do not come back.
    pub(super) fn forget_texts(&mut self) {
        if !self.holding.remember_errors && !self.is(Wrong::TextsStay) {
            for failure in &mut self.failures.0 {
                failure.text = None;
            }
        }
    }
}
