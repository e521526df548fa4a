//! Measures two threads that share one breaker, in wall time. The result is a range over the
//! repetitions, because other programs disturb the threads.

use std::sync::Barrier;
use std::time::Instant;

use crate::table::{BARE, Calls, Scenario, Table};

/// The times of one library on one thread and on two threads, one value per repetition.
pub struct Scaling {
    pub library: &'static str,
    /// Nanoseconds per call if one thread makes all calls.
    pub one: Vec<f64>,
    /// Nanoseconds per call if two threads each make the same number of calls. The time is divided
    /// by the calls of both threads.
    pub two: Vec<f64>,
}

impl Scaling {
    /// Returns how many calls two threads make in the time in which one thread makes one call. Uses
    /// the fastest repetitions, because other programs slow the other ones down.
    pub fn scale(&self) -> f64 {
        range(&self.one).0 / range(&self.two).0
    }
}

/// Returns the nanoseconds per call with this many threads.
fn wall(calls: &dyn Calls, threads: u64, n: u64) -> f64 {
    let start = Barrier::new(threads as usize);
    let spans: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                let mut calls = calls.fork();
                let start = &start;
                scope.spawn(move || {
                    // Makes calls that are not measured. Meanwhile, the scheduler can move each
                    // thread to its own core.
                    start.wait();
                    calls.empty(2 * n);
                    start.wait();
                    let from = Instant::now();
                    calls.empty(n);
                    (from, Instant::now())
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().expect("calls do not panic")).collect()
    });
    let from = spans.iter().map(|span| span.0).min().expect("at least one thread");
    let to = spans.iter().map(|span| span.1).max().expect("at least one thread");
    (to - from).as_nanos() as f64 / (n * threads) as f64
}

pub fn scenario(table: &Table, scenario: Scenario, repetitions: usize) -> Vec<Scaling> {
    let cases: Vec<_> = table.of(scenario).filter(|case| case.most == u64::MAX).collect();
    let mut all: Vec<_> = cases
        .iter()
        .map(|case| {
            let mut calls = case.calls();
            let start = Instant::now();
            calls.empty(20_000);
            let each = start.elapsed().as_nanos() as f64 / 20_000.0;
            let n = (4_000_000.0 / each.max(0.5)) as u64;
            (calls, n, Scaling { library: case.library, one: vec![], two: vec![] })
        })
        .collect();
    for _ in 0..repetitions {
        for (calls, n, scaling) in &mut all {
            scaling.one.push(wall(&**calls, 1, *n));
            scaling.two.push(wall(&**calls, 2, *n));
        }
    }
    all.into_iter().map(|(_, _, scaling)| scaling).collect()
}

pub fn range(of: &[f64]) -> (f64, f64) {
    of.iter().fold((f64::MAX, f64::MIN), |(low, high), &value| (low.min(value), high.max(value)))
}

/// The scenarios in which threads share one breaker.
pub const SCENARIOS: [Scenario; 4] =
    [Scenario::Plain, Scenario::Async, Scenario::Window, Scenario::TimeWindow];

/// The number of repetitions.
pub const REPETITIONS: usize = 31;

pub fn print(table: &Table, scenarios: &[Scenario]) {
    for &of in scenarios {
        println!(
            "\n{} ({}), two threads on one breaker: gross, range of {REPETITIONS}",
            of.says(),
            of.name()
        );
        println!(
            "  {:<20} {:>18} {:>18} {:>10}",
            "", "one, ns per call", "two, ns per call", "scales by"
        );
        for scaling in scenario(table, of, REPETITIONS) {
            let ((low, high), (low_two, high_two)) = (range(&scaling.one), range(&scaling.two));
            let (name, by) = (scaling.library, scaling.scale());
            let shared = if name == BARE { "  no breaker" } else { "" };
            println!(
                "  {name:<20} {low:>8.1} to {high:>6.1} {low_two:>8.1} to {high_two:>6.1} \
                 {by:>10.2}{shared}"
            );
        }
    }
}
