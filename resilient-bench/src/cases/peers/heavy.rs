//! Libraries with hundreds of dependencies. A feature enables each of them.

use crate::call::{Fault, ready, work};
#[cfg(feature = "allframe")]
use crate::call::{hot_key_of, key_of, leak, number_keys, string_keys};
use crate::table::{Scenario, Table};

pub fn add(table: &mut Table) {
    #[cfg(feature = "arcly-http")]
    arcly_http(table);
    #[cfg(feature = "allframe")]
    allframe(table);
}

#[cfg(feature = "arcly-http")]
fn arcly_http(table: &mut Table) {
    #[arcly_http::prelude::circuit_breaker(threshold = 5, cooldown = "30s")]
    async fn later(x: u64) -> Result<u64, Fault> {
        work(x)
    }
    table.add(Scenario::Async, "arcly-http", || |x| ready(later(x)).is_ok()).note =
        "by attribute; a success never resets its count of failures";
}

#[cfg(feature = "allframe")]
fn allframe(table: &mut Table) {
    use allframe_core::resilience::{CircuitBreaker, CircuitBreakerConfig, KeyedCircuitBreaker};
    const NAME: &str = "allframe";
    async fn later(x: u64) -> Result<u64, Fault> {
        work(x)
    }
    table
        .add(Scenario::Async, NAME, || {
            let breaker = leak(CircuitBreaker::new("bench", CircuitBreakerConfig::new(5)));
            move |x| ready(breaker.call(|| later(x))).is_ok()
        })
        .note = "by hand: its attribute is deprecated; counts failures of the last minute";
    string_keys_of(table, Scenario::KeyString, key_of);
    string_keys_of(table, Scenario::KeyHot, hot_key_of);
    table.add(Scenario::KeyNumber, NAME, || {
        let keys = number_keys();
        let breakers = leak(KeyedCircuitBreaker::<u64>::new(CircuitBreakerConfig::new(5)));
        keys.iter().for_each(|key| assert!(ready(breakers.call(key, || later(0))).is_ok()));
        move |x| ready(breakers.call(&keys[key_of(x)], || later(x))).is_ok()
    });
}

/// Adds a case with string keys. `index` returns the index of the key for a call.
#[cfg(feature = "allframe")]
fn string_keys_of(
    table: &mut Table,
    scenario: Scenario,
    index: impl Fn(u64) -> usize + Copy + Send + 'static,
) {
    use allframe_core::resilience::{CircuitBreakerConfig, KeyedCircuitBreaker};
    async fn later(x: u64) -> Result<u64, Fault> {
        work(x)
    }
    table.add(scenario, "allframe", move || {
        let keys = string_keys();
        let breakers = leak(KeyedCircuitBreaker::<String>::new(CircuitBreakerConfig::new(5)));
        keys.iter().for_each(|key| assert!(ready(breakers.call(key, || later(0))).is_ok()));
        move |x| ready(breakers.call(&keys[index(x)], || later(x))).is_ok()
    });
}
