//! Rule B16: a reading of a given clock that waited for the lock is no clock that was set back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use resilient::CircuitBreaker;
use resilient::breaker::CircuitState;
use resilient::time::{Clock, ManualClock};

use resilient_testkit::{fragile, ms, rejection, secs};

/// A clock that runs closures, each between a reading and its return. This stands for what other
/// threads do while the reader waits for the lock.
#[derive(Clone, Default)]
struct Interrupted {
    clock: ManualClock,
    meanwhile: Arc<Mutex<VecDeque<Meanwhile>>>,
}

type Meanwhile = Box<dyn FnOnce() + Send>;

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupted")
    }
}

impl Interrupted {
    /// Runs a closure during the reading of the next admission that takes the lock. The admission
    /// reads the clock once before, to see that the open time is over.
    fn during_next_admission(&self, meanwhile: impl FnOnce() + Send + 'static) {
        let readings: [Meanwhile; 2] = [Box::new(|| ()), Box::new(meanwhile)];
        self.meanwhile.lock().unwrap().extend(readings);
    }
}

impl Clock for Interrupted {
    fn now(&self) -> Instant {
        let now = self.clock.now();
        let meanwhile = self.meanwhile.lock().unwrap().pop_front();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        now
    }
}

/// Returns a breaker on a clock that has run for an hour.
fn breaker() -> (CircuitBreaker, Interrupted) {
    let clock = Interrupted::default();
    clock.clock.advance(secs(3_600));
    let config = fragile().build().unwrap();
    (CircuitBreaker::with_clock("dependency", config, clock.clone()), clock)
}

/// Lets another thread open the circuit 50 ms after the next admission has read the clock.
fn trip_during_next_admission(breaker: &CircuitBreaker, clock: &Interrupted) {
    let (breaker, manual) = (breaker.clone(), clock.clock.clone());
    clock.during_next_admission(move || {
        manual.advance(ms(50));
        breaker.trip().unwrap();
    });
}

#[test]
fn b16_an_early_reader_does_not_move_the_end_of_an_open_time() {
    let (breaker, clock) = breaker();
    breaker.trip().unwrap();
    clock.clock.advance(secs(10));
    trip_during_next_admission(&breaker, &clock);
    let retry_after = rejection(&breaker).retry_after();
    assert_eq!(retry_after, Some(secs(10)));
    clock.clock.advance(Duration::from_nanos(9_999_999_999));
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.clock.advance(Duration::from_nanos(1));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

#[test]
fn b16_a_clock_that_was_set_back_beside_another_operation_is_noticed() {
    let (breaker, clock) = breaker();
    breaker.trip().unwrap();
    clock.clock.advance(secs(10));
    let (other, manual) = (breaker.clone(), clock.clock.clone());
    clock.during_next_admission(move || {
        manual.advance(ms(50));
        other.trip().unwrap();
        manual.set_back(secs(1_000));
    });
    assert_eq!(rejection(&breaker).retry_after(), Some(secs(10)));
    clock.clock.advance(secs(10));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}
