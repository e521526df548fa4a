//! Rule B1: slow calls are recorded and judged in the states that allow it.

use resilient::Outcome;
use resilient::breaker::{CircuitState, TransitionReason};
use resilient::events::EventKind;

use crate::support::slow_calls::settings;
use resilient_testkit::{Heard, closed, secs, take, window};

#[test]
fn b01_observe_only_reports_that_slow_calls_would_have_opened() {
    let (breaker, clock) = closed(&settings());
    let heard = Heard::from(&breaker);
    breaker.observe_only();
    for _ in 0..9 {
        take(&breaker, &clock, secs(2), Outcome::Success);
    }
    let slow = TransitionReason::SlowCallRate;
    let reported = |kind: &EventKind| match kind {
        EventKind::WouldOpen(opening) => opening.condition().reason() == slow,
        _ => false,
    };
    assert_eq!(heard.count(reported), 1);
    assert_eq!(breaker.state(), CircuitState::ObserveOnly);
    assert_eq!(breaker.snapshot().in_state.slow, 9);
}

#[test]
fn b01_disabled_counts_no_slow_call_either() {
    let (breaker, clock) = closed(&settings());
    breaker.disable();
    take(&breaker, &clock, secs(99), Outcome::Success);
    let across = breaker.try_acquire().unwrap();
    breaker.close();
    clock.advance(secs(99));
    across.report(Outcome::Success);
    assert_eq!(breaker.snapshot().totals.slow, 0);
    assert_eq!(window(&breaker), (0, 0, 0));
}
