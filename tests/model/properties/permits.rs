//! B10: the number of probes in flight never exceeds the number of slots.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use resilient::breaker::{CircuitState, Permit};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker};

use crate::cases::for_all;
use crate::operation::Ending;
use crate::strategies::ending;
use crate::subject::end;

const LEASE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
enum Step {
    Ask,
    End(usize, Ending),
    /// Advances the clock by this many thirds of a lease.
    Advance(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Ask),
        3 => (0..8_usize, ending()).prop_map(|(probe, ending)| Step::End(probe, ending)),
        1 => (0..=4_u32).prop_map(Step::Advance),
    ]
}

#[test]
fn b10_probes_in_flight_are_at_no_instant_more_than_allowed() {
    let cases = ((1..=5_u32, 0..=4_u32, 1..=9_u32), vec(step(), 1..=40));
    for_all(10_000, cases, |((successes, failures, max_calls), steps)| {
        let max_calls = max_calls.min(successes + failures);
        let config = BreakerConfig::builder()
            .half_open_successes(successes)
            .half_open_failures(failures)
            .half_open_max_calls(max_calls)
            .probe_timeout(LEASE)
            .build();
        let clock = ManualClock::new();
        let breaker = CircuitBreaker::with_clock("dependency", config.unwrap(), clock.clone());
        breaker.trip().unwrap();
        breaker.half_open().unwrap();
        let max_calls = usize::try_from(max_calls).unwrap();
        let mut probes: Vec<Permit<'_>> = Vec::new();
        let mut any_lease_may_be_over = false;
        for step in steps {
            let full = breaker.snapshot().probes_in_flight == max_calls;
            match step {
                Step::Ask => {
                    let asked = breaker.try_acquire();
                    prop_assert!(!full || any_lease_may_be_over || asked.is_err());
                    probes.extend(asked);
                }
                Step::End(nth, ending) if !probes.is_empty() => {
                    end(probes.remove(nth % probes.len()), ending);
                }
                Step::End(..) => {}
                Step::Advance(thirds) => {
                    clock.advance(LEASE / 3 * thirds);
                    any_lease_may_be_over |= thirds > 0;
                }
            }
            if breaker.state() != CircuitState::HalfOpen {
                break;
            }
            let in_flight = breaker.snapshot().probes_in_flight;
            prop_assert!(in_flight <= max_calls);
            prop_assert!(any_lease_may_be_over || in_flight == probes.len());
        }
        Ok(())
    });
}
