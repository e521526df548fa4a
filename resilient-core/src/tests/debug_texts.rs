//! Tests what `Debug` prints for types that hold outputs, closures or locks: names and counts.

use std::fmt::Debug;

use crate::__private::{ErrorLog, LastOutput, Text};
use crate::breaker::{BreakerConfig, CircuitBreaker};
use crate::registry::Registry;
use crate::retry::{BudgetConfig, CallHooks, NoHooks, RetryBudget, RetryPolicy};
use crate::time::{Clock, ClockSource};

fn assert_prints(what: &impl Debug, expected: &str) {
    assert_eq!(format!("{what:?}"), expected);
}

#[test]
fn permits_subscriptions_and_reservations_print_their_names_and_counts() {
    let breaker = CircuitBreaker::new("payments", BreakerConfig::default());
    let permit = breaker.try_acquire().unwrap();
    assert_prints(&permit, "Permit { breaker: \"payments\", .. }");
    drop(permit);

    let events = breaker.subscribe(1);
    breaker.force_open();
    breaker.close();
    assert_prints(&events, "Subscription { waiting: 1, lost: 1, .. }");

    let budget = RetryBudget::new("orders", BudgetConfig::default());
    let reservation = budget.try_reserve().unwrap();
    assert_prints(&reservation, "Reservation { budget: \"orders\", cost: 5 }");
}

#[test]
fn leases_print_their_handles_and_unique_names_their_name() {
    let registry = Registry::new();
    let name = registry.unique_name("search");
    assert_prints(&name, "UniqueName(\"search\")");
    let breaker = name.lease(BreakerConfig::default());
    let budget = name.lease_budget(BudgetConfig::default());
    let retry = name.lease_retry(RetryPolicy::DEFAULT);
    let keyed = registry.lease_keyed::<u32>("hosts", BreakerConfig::default());
    assert_prints(&breaker, &format!("Lease({:?})", *breaker));
    assert_prints(&budget, &format!("Lease({:?})", *budget));
    assert_prints(&retry, &format!("Lease({:?})", *retry));
    assert!(format!("{keyed:?}").starts_with("Lease(KeyedBreakers("), "{keyed:?}");
}

#[test]
fn what_a_call_holds_prints_without_outputs_and_closures() {
    struct Hidden;
    assert_prints(&ErrorLog::<Hidden>::default(), "ErrorLog { failed: 0, .. }");
    assert_prints(&LastOutput::<Hidden>::default(), "LastOutput(..)");
    let describe = Text::new(&Hidden).resilient_text();
    assert_prints(&describe.clone(), "Describe");
    let hooks = CallHooks::<Hidden>::given(NoHooks);
    assert_prints(&hooks, "GivenHooks { gate: false, on_give_up: false }");
}

#[test]
fn clocks_print_their_kind() {
    #[derive(Debug)]
    struct Stopped(std::time::Instant);
    impl Clock for Stopped {
        fn now(&self) -> std::time::Instant {
            self.0
        }
    }
    assert_prints(&ClockSource::Default, "default clock");
    assert_prints(&ClockSource::of(Stopped(std::time::Instant::now())), "given clock");
    #[cfg(feature = "coarse-clock")]
    assert_prints(&ClockSource::of(crate::time::CoarseClock::new()), "coarse clock");
}
