//! B13: every call is counted exactly once.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use resilient::breaker::CircuitState;

use crate::cases::for_all;
use crate::operation::{Action, Answer};
use crate::strategies::{action, settings};
use crate::subject::{Parts, Subject};
use crate::view::{Heard, Totals};

fn sum(totals: &Totals) -> u64 {
    let Totals { success, failure, ignored, abandoned, late, rejected, slow: _ } = totals;
    success + failure + ignored + abandoned + late + rejected
}

#[test]
fn b13_totals_add_up_to_the_calls_that_were_made() {
    for_all(10_000, (settings(), vec(action(), 1..=40)), |(settings, actions)| {
        let parts = Parts::new(&settings);
        let mut subject = Subject::new(&parts);
        let mut made = 0;
        let mut age = Duration::ZERO;
        for action in actions {
            match &action {
                Action::Admit(slot) if subject.is_in_flight(*slot) => continue,
                Action::End(slot, _) => {
                    // `Disabled` ends only at the next call. Until then, the breaker counts no
                    // call.
                    let entered = subject.view().recent.last().map(|step| step.to);
                    let is_counted = entered != Some(CircuitState::Disabled);
                    made += u64::from(is_counted && subject.is_in_flight(*slot));
                }
                Action::SetBack(_) => continue,
                Action::Advance(by) => age += *by,
                _ => {}
            }
            let answer = subject.act(&action);
            made += u64::from(matches!(answer, Answer::Rejected(_)));

            let view = subject.view();
            prop_assert_eq!(sum(&view.totals), made);
            prop_assert!(view.totals.slow <= view.totals.success + view.totals.failure);
            prop_assert!(sum(&view.in_state) <= made);
            prop_assert_eq!(view.time_in_state.iter().sum::<Duration>(), age);
        }
        let steps = subject.heard().iter().filter(|heard| matches!(heard, Heard::Step(_))).count();
        let transitions: u64 = subject.view().transitions.iter().sum();
        prop_assert_eq!(u64::try_from(steps).unwrap(), transitions);
        Ok(())
    });
}
