//! A registered retry budget.

use std::panic::Location;

use crate::event::EventKind;
use crate::retry::{BudgetConfig, RetryBudget};

#[derive(Debug)]
pub(super) struct BudgetEntry {
    pub(super) budget: RetryBudget,
    pub(super) registration: BudgetRegistration,
    conflict_reported: bool,
}

/// The code's registration of a budget.
#[derive(Debug)]
pub(super) struct BudgetRegistration {
    /// The settings of the code. Later registrations are compared with them, and overrides apply on
    /// top of them.
    pub(super) config: BudgetConfig,
    /// Whether the code has only named the budget so far. The defaults apply until a registration
    /// gives settings.
    pub(super) is_assumed: bool,
    pub(super) place: &'static Location<'static>,
}

impl BudgetEntry {
    pub(super) fn new(budget: RetryBudget, registration: BudgetRegistration) -> Self {
        Self { budget, registration, conflict_reported: false }
    }

    /// Merges a further registration of the same name. `config` holds the settings of that
    /// registration, with overrides applied. Returns the events to deliver.
    pub(super) fn merge(
        &mut self,
        registration: BudgetRegistration,
        config: BudgetConfig,
        invalid: Vec<EventKind>,
    ) -> Vec<EventKind> {
        let mut events = Vec::new();
        if registration.is_assumed {
            // A registration without settings contradicts nothing.
        } else if self.registration.is_assumed {
            self.registration = registration;
            events = invalid;
            if self.budget.replace_assumed(config) {
                events.push(EventKind::SettingsChanged);
            }
        } else if self.registration.config != registration.config && !self.conflict_reported {
            self.conflict_reported = true;
            events.push(EventKind::Conflict {
                first: self.registration.place,
                second: registration.place,
            });
        }
        events
    }
}
