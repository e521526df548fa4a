//! Adds the cases of the bare calls, which use no library. There is no bare call in the scenarios
//! of rejections and delays.

use std::cell::Cell;
use std::hint::black_box;

use crate::call::{
    Fault, hot_key_of, key_of, number_keys, ready, string_keys, work, work_after, work_failing,
    work_later, work_never, work_with_failures,
};
use crate::table::{BARE, Scenario, Table};

fn plain(x: u64) -> Result<u64, Fault> {
    work(x)
}

async fn later(x: u64) -> Result<u64, Fault> {
    work(x)
}

async fn awaits(x: u64) -> Result<u64, Fault> {
    work_later(x).await
}

pub fn add(table: &mut Table) {
    for scenario in [
        Scenario::Plain,
        Scenario::Window,
        Scenario::TimeWindow,
        Scenario::TimeWindowBusy,
        Scenario::Slow,
        Scenario::RetryPlain,
    ] {
        table.add(scenario, BARE, || |x| plain(x).is_ok());
    }
    for scenario in [Scenario::Async, Scenario::RetryAsync] {
        table.add(scenario, BARE, || |x| ready(later(x)).is_ok());
    }
    table.add(Scenario::Awaits, BARE, || |x| ready(awaits(x)).is_ok());
    table.add(Scenario::WindowFailures, BARE, || |x| work_with_failures(x).is_ok());
    table.add(Scenario::Failure, BARE, || |x| work_never(x).is_ok());
    table.add(Scenario::WindowFailure, BARE, || |x| work_failing(x).is_ok());
    string_keys_of(table, Scenario::KeyString, key_of);
    string_keys_of(table, Scenario::KeyHot, hot_key_of);
    table.add(Scenario::KeyNumber, BARE, || {
        let keys = number_keys();
        move |x| {
            black_box(keys[key_of(x)]);
            work(x).is_ok()
        }
    });
    table.add(Scenario::RetryZero, BARE, || {
        |_| {
            let failures = Cell::new(3);
            (0..4).any(|_| work_after(&failures).is_ok())
        }
    });
}

/// Adds a case with string keys. `index` returns the index of the key for a call.
fn string_keys_of(
    table: &mut Table,
    scenario: Scenario,
    index: impl Fn(u64) -> usize + Copy + Send + 'static,
) {
    table.add(scenario, BARE, move || {
        let keys = string_keys();
        move |x| {
            black_box(keys[index(x)].as_str());
            work(x).is_ok()
        }
    });
}
