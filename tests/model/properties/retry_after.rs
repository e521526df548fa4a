//! B7, B10, B11: the `retry_after` of a rejected call is exact.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::cases::for_all;
use crate::operation::{Action, Answer, ByHand, Ending, SLOTS};
use crate::strategies::{action, settings, trip_for};
use crate::subject::{Parts, Subject};

const NANOSECOND: Duration = Duration::from_nanos(1);
const A_CENTURY: Duration = Duration::from_secs(3_155_760_000);

/// Requests permits until the breaker rejects a call. If it rejects none, opens the circuit for
/// `trip_for` and requests another permit. Returns the `retry_after` of the rejection and the slot
/// of the rejected call, or `None` if there is no `retry_after`.
fn rejected(subject: &mut Subject<'_>, trip_for: Duration) -> Option<(Duration, usize)> {
    for slot in 0..SLOTS {
        if subject.is_in_flight(slot) {
            continue;
        }
        if let Answer::Rejected(rejection) = subject.act(&Action::Admit(slot)) {
            return Some((rejection.retry_after?, slot));
        }
    }
    subject.act(&Action::End(0, Ending::Ignored));
    subject.act(&Action::CLOSE);
    subject.act(&Action::ByHand(ByHand::TripFor(trip_for), None));
    match subject.act(&Action::Admit(0)) {
        Answer::Rejected(rejection) => Some((rejection.retry_after?, 0)),
        _ => None,
    }
}

#[test]
fn b07_retry_after_is_exact_to_the_nanosecond() {
    let cases = (settings(), vec(action(), 1..=30), trip_for());
    for_all(10_000, cases, |(settings, actions, trip_for)| {
        let parts = Parts::new(&settings);
        let mut subject = Subject::new(&parts);
        for action in actions {
            match action {
                Action::Admit(slot) if subject.is_in_flight(slot) => {}
                // Leaves out this action. After the clock goes back, the breaker's time stands
                // still until the clock has caught up, so `retry_after` is not exact.
                Action::SetBack(_) => {}
                _ => drop(subject.act(&action)),
            }
        }
        let Some((retry_after, slot)) = rejected(&mut subject, trip_for) else {
            return Ok(());
        };
        prop_assert!(retry_after > Duration::ZERO);
        if retry_after > A_CENTURY {
            return Ok(());
        }

        subject.act(&Action::Advance(retry_after.saturating_sub(NANOSECOND)));
        let too_early = subject.act(&Action::Admit(slot));
        let Answer::Rejected(rejection) = too_early else {
            return Err(TestCaseError::fail("admitted a nanosecond too early"));
        };
        prop_assert_eq!(rejection.retry_after, Some(NANOSECOND));

        subject.act(&Action::Advance(NANOSECOND));
        let probe_was_overdue = subject.view().overdue > 0;
        match subject.act(&Action::Admit(slot)) {
            Answer::Admitted => Ok(()),
            // B19: the caller waited for the slot of a probe. The probe became overdue and counts
            // as failed, so the circuit may be open.
            Answer::Rejected(_) if probe_was_overdue => Ok(()),
            other => Err(TestCaseError::fail(format!("{other:?} after the wait"))),
        }
    });
}
