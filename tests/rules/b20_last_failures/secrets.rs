//! Rule B20: with `remember_errors = false`, the text of an error is nowhere.

use std::fmt::{self, Write};

use resilient::breaker::{BreakerConfigBuilder, CircuitState};
use resilient::registry::Overrides;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Registry, circuit_breaker};

use super::{fail_with, texts};
use resilient_testkit::{closed, fragile, secs};

const CANARY: &str = "hunter2";

fn silent() -> BreakerConfigBuilder {
    fragile().remember_errors(false)
}

/// Returns everything that a breaker shows, as one text.
fn everything(breaker: &CircuitBreaker, events: &mut resilient::events::Subscription) -> String {
    let snapshot = breaker.snapshot();
    let mut all = format!("{breaker:?} {snapshot:?} {snapshot}");
    #[cfg(feature = "serde")]
    all.push_str(&serde_json::to_string(&snapshot).unwrap());
    while let Some(event) = events.try_next() {
        write!(all, "{event:?}").unwrap();
    }
    all
}

#[test]
fn b20_a_breaker_that_does_not_remember_errors_shows_no_text() {
    let show = |config: &BreakerConfigBuilder| {
        let (breaker, clock) = closed(config);
        let mut events = breaker.subscribe(64);
        fail_with(&breaker, CANARY);
        clock.advance(secs(10));
        fail_with(&breaker, CANARY);
        breaker.observe_only();
        fail_with(&breaker, CANARY);
        assert_eq!(breaker.snapshot().last_failures.len(), 3, "the times are remembered");
        everything(&breaker, &mut events)
    };
    assert!(show(&fragile()).matches(CANARY).count() > 6, "the test looks in the right places");
    let shown = show(&silent());
    assert!(!shown.contains(CANARY), "{shown}");
}

#[test]
fn b20_an_override_that_switches_the_texts_off_also_removes_the_present_ones() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", fragile().build().unwrap());
    let mut events = breaker.subscribe(64);
    fail_with(&breaker, CANARY);
    assert!(everything(&breaker, &mut events).contains(CANARY));
    let off = BreakerConfig::builder().remember_errors(false);
    registry.set_overrides(Overrides::new().with("payments", off)).unwrap();
    assert_eq!(breaker.state(), CircuitState::Open);
    let shown = everything(&breaker, &mut events);
    assert!(!shown.contains(CANARY), "{shown}");
    assert_eq!(texts(&breaker), ["-"]);
    registry.set_overrides(Overrides::new()).unwrap();
    breaker.close();
    fail_with(&breaker, CANARY);
    assert_eq!(texts(&breaker), ["-", CANARY]);
}

/// An error whose `Display` counts its calls.
#[derive(Debug)]
enum Counted {
    Failed,
    Open,
}

static DISPLAYED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DISPLAYED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        f.write_str(CANARY)
    }
}

impl From<CircuitOpen> for Counted {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

#[circuit_breaker(name = "b20 silent", remember_errors = false)]
fn silent_function() -> Result<u32, Counted> {
    Err(Counted::Failed)
}

#[test]
fn b20_a_text_that_nobody_remembers_is_not_made() {
    for _ in 0..5 {
        assert!(matches!(silent_function(), Err(Counted::Failed)));
    }
    assert!(matches!(silent_function(), Err(Counted::Open)));
    assert_eq!(DISPLAYED.load(std::sync::atomic::Ordering::Relaxed), 0);
    let breaker = Registry::global().get("b20 silent").unwrap();
    assert_eq!(texts(&breaker), ["-", "-", "-", "-"]);
}
