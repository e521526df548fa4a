//! Compares both kinds of window with simple windows. Reads the windows from snapshots of an
//! observe-only breaker.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use resilient::breaker::{BreakerConfigBuilder, Window};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use crate::cases::for_all;

const SLOW: Duration = Duration::from_nanos(50);

#[derive(Debug, Clone, Copy)]
struct Call {
    outcome: Outcome,
    slow: bool,
}

fn call() -> impl Strategy<Value = Call> {
    let outcome = prop_oneof![
        5 => Just(Outcome::Success),
        5 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
    ];
    (outcome, any::<bool>()).prop_map(|(outcome, slow)| Call { outcome, slow })
}

struct Observed {
    breaker: CircuitBreaker,
    clock: ManualClock,
    now: u128,
}

impl Observed {
    fn new(settings: BreakerConfigBuilder) -> Self {
        let config = settings.slow_call(SLOW).slow_call_rate(1.0).build();
        let clock = ManualClock::new();
        let breaker = CircuitBreaker::with_clock("observed", config.unwrap(), clock.clone());
        breaker.observe_only();
        Self { breaker, clock, now: 0 }
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.now += by.as_nanos();
    }

    fn make(&mut self, call: Call) {
        let breaker = self.breaker.clone();
        let permit = breaker.try_acquire().unwrap();
        if call.slow {
            self.advance(SLOW);
        }
        permit.report(call.outcome);
    }

    /// Returns the numbers of calls, failures and slow calls in the window.
    fn shown(&self) -> [u64; 3] {
        let window = self.breaker.snapshot().window.expect("it has one");
        [window.calls, window.failures, window.slow]
    }
}

fn naive<'calls>(calls: impl Iterator<Item = &'calls Call>) -> [u64; 3] {
    calls.fold([0; 3], |[calls, failures, slow], call| {
        let failed = call.outcome == Outcome::Failure;
        [calls + 1, failures + u64::from(failed), slow + u64::from(call.slow)]
    })
}

#[test]
fn b05_window_of_calls_is_the_last_counted_ones() {
    let cases = (1..=20_u32, vec(call(), 1..=45));
    for_all(10_000, cases, |(size, calls)| {
        let mut observed = Observed::new(BreakerConfig::builder().window(size));
        let mut counted = Vec::new();
        for call in calls {
            observed.make(call);
            counted.extend((call.outcome != Outcome::Ignored).then_some(call));
            let last = counted.iter().rev().take(size as usize);
            prop_assert_eq!(observed.shown(), naive(last));
        }
        Ok(())
    });
}

#[test]
fn b05_window_of_time_is_the_present_bucket_and_those_before_it() {
    let wait = prop_oneof![
        2 => Just(0),
        4 => 0..200_u64,
        2 => 0..3_000_u64,
    ];
    let length = prop_oneof![1..30_u64, 30..5_000_u64];
    let cases = (length, 1..=12_u32, vec((wait, option_of_call()), 1..=40));
    for_all(10_000, cases, |(length, buckets, steps)| {
        let window = Window::Time(Duration::from_nanos(length));
        let settings = BreakerConfig::builder().window(window).window_buckets(buckets);
        let mut observed = Observed::new(settings);
        let bucket = |at: u128| at * u128::from(buckets) / u128::from(length);
        let mut counted = Vec::new();
        for (wait, call) in steps {
            observed.advance(Duration::from_nanos(wait));
            if let Some(call) = call {
                observed.make(call);
                counted.extend(
                    (call.outcome != Outcome::Ignored).then_some((bucket(observed.now), call)),
                );
            }
            let present = bucket(observed.now);
            let held = counted.iter().filter(|(bucket, _)| bucket + u128::from(buckets) > present);
            prop_assert_eq!(observed.shown(), naive(held.map(|(_, call)| call)));
        }
        Ok(())
    });
}

fn option_of_call() -> impl Strategy<Value = Option<Call>> {
    prop::option::weighted(0.8, call())
}
