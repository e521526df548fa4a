//! The other libraries. Each case follows the documentation of its library, with the settings that
//! come closest to the scenario.

mod breakers;
#[cfg(any(feature = "arcly-http", feature = "allframe"))]
mod heavy;
mod retries;
pub mod stacks;

use crate::table::Table;

/// Returns a clock for seatbelt. No case needs the timers of this clock, so they do not run.
fn clock() -> tick::Clock {
    let (clock, driver) =
        tick::runtime::InactiveClock::new_shared().activate(std::task::Waker::noop().clone());
    Box::leak(Box::new(driver));
    clock
}

pub fn add(table: &mut Table) {
    breakers::add(table);
    stacks::add(table);
    retries::add(table);
    #[cfg(any(feature = "arcly-http", feature = "allframe"))]
    heavy::add(table);
    lacks(table);
}

/// Adds an entry for each scenario that a library does not support, so that the tables show every
/// gap.
fn lacks(table: &mut Table) {
    use crate::table::Scenario::{
        Async, Delay, Failure, KeyHot, KeyNumber, KeyString, Plain, Slow, TimeWindow,
        TimeWindowBusy, Window, WindowFailures,
    };
    for scenario in [Plain, Failure] {
        table.lacks(scenario, "recloser", "no consecutive mode");
        table.lacks(scenario, "seatbelt", "no consecutive mode, no plain functions");
        table.lacks(scenario, "tower-resilience", "async services only: see the async functions");
        table.lacks(scenario, "execution-policy", "async only: see the async functions");
    }
    table.lacks(Async, "ferryman", "used by hand, without async: see the plain functions");
    for scenario in [Window, WindowFailures] {
        for library in
            ["nobreak", "ferryman", "failsafe", "seatbelt", "execution-policy", "circuitbreaker-rs"]
        {
            table.lacks(scenario, library, "no window of calls");
        }
    }
    for scenario in [TimeWindow, TimeWindowBusy] {
        for library in ["nobreak", "ferryman", "recloser", "circuitbreaker-rs"] {
            table.lacks(scenario, library, "no time window");
        }
    }
    for library in ["nobreak", "ferryman", "failsafe", "recloser", "seatbelt", "execution-policy"] {
        table.lacks(Slow, library, "does not time calls");
    }
    for scenario in [KeyString, KeyHot, KeyNumber] {
        for library in [
            "nobreak",
            "ferryman",
            "failsafe",
            "recloser",
            "execution-policy",
            "circuitbreaker-rs",
            "tower-resilience",
        ] {
            table.lacks(scenario, library, "no keys");
        }
    }
    for library in ["again", "tryhard", "tower", "seatbelt", "execution-policy"] {
        table.lacks(Delay, library, "its public API has no jittered delay outside a retry");
    }
    if cfg!(not(feature = "arcly-http")) {
        table.lacks(Async, "arcly-http", "not built: feature `arcly-http`");
    }
    if cfg!(not(feature = "allframe")) {
        for scenario in [Async, KeyString, KeyHot, KeyNumber] {
            table.lacks(scenario, "allframe", "not built: feature `allframe`");
        }
    }
}
