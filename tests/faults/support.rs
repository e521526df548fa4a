//! Helpers of the tests of the fault model.

use resilient::breaker::BreakerConfigBuilder;
use resilient::time::ManualClock;
use resilient::{CircuitBreaker, CircuitOpen, Classification, Classify, Registry, TimedOut};

/// An error type as an application would define it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    Down,
    Open(CircuitOpen),
    Late(TimedOut),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TimedOut> for Fault {
    fn from(timed_out: TimedOut) -> Self {
        Self::Late(timed_out)
    }
}

impl Classify for Fault {
    fn classify(&self) -> Classification {
        match self {
            Self::Down | Self::Late(_) => Classification::transient(),
            Self::Open(_) => Classification::ignored(),
        }
    }
}

pub(crate) fn breaker(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("dependency", settings.build().unwrap())
}

/// Returns a closed breaker and its clock.
pub(crate) fn on_clock(settings: &BreakerConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let config = settings.build().unwrap();
    let breaker = CircuitBreaker::with_clock("dependency", config, clock.clone());
    (breaker, clock)
}

/// Returns a half-open breaker on the default clock. The next call is a probe.
pub(crate) fn half_open(settings: &BreakerConfigBuilder) -> CircuitBreaker {
    let breaker = breaker(settings);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    breaker
}

/// Returns the breaker of an annotated function that was called before.
#[track_caller]
pub(crate) fn registered(name: &str) -> CircuitBreaker {
    Registry::global().get(name).expect("the function was called before")
}
