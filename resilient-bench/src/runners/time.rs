//! Measures nanoseconds of processor time per call. All libraries of a scenario run in one process
//! and take turns.
//!
//! In each round, each library makes a batch of calls. Each round starts with another library. In
//! each round, the time of the bare call is subtracted. The figure of a run is the median of these
//! differences. There are three runs, each with a new setup, and the middle figure of the three is
//! reported. Other programs disturb single rounds, but hardly the median.

use rustix::time::{ClockId, clock_gettime};

use crate::table::{BARE, Calls, Scenario, Table};

/// The processor time that one batch should take.
const BATCH_NS: f64 = 1_000_000.0;

/// The nanoseconds per call of a case, without the bare call, for both kinds of loop.
pub struct Timed {
    pub library: &'static str,
    pub note: &'static str,
    /// The figure of a loop that only makes calls.
    pub a: f64,
    /// The figure of a loop with eight stores after each call.
    pub s: f64,
    /// The width of the range of the middle half of the rounds, for `s`.
    pub spread: f64,
}

fn cpu_ns() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn batch(calls: &mut dyn Calls, n: u64, stores: bool) -> f64 {
    let start = cpu_ns();
    if stores {
        calls.stores(n)
    } else {
        calls.empty(n)
    }
    (cpu_ns() - start) / n as f64
}

pub fn median(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    let middle = of.len() / 2;
    if of.len() % 2 == 1 { of[middle] } else { (of[middle - 1] + of[middle]) / 2.0 }
}

struct Runner {
    library: &'static str,
    note: &'static str,
    calls: Box<dyn Calls>,
    n: u64,
    /// If true, the calls leave state behind, so each round sets them up again.
    renew: bool,
    rounds: [Vec<f64>; 2],
}

/// Measures one scenario. Returns the middle figure of three runs for each library and each kind of
/// loop.
pub fn scenario(table: &Table, scenario: Scenario, rounds: usize) -> Vec<Timed> {
    let mut runs = [(); 3].map(|()| run(table, scenario, rounds));
    let mut middle = |of: &dyn Fn(&Timed) -> f64, place: usize| {
        median(&mut runs.each_mut().map(|run| of(&run[place])))
    };
    let places = 0..table.of(scenario).count();
    let figures: Vec<_> = places
        .map(|place| {
            (
                middle(&|row| row.a, place),
                middle(&|row| row.s, place),
                middle(&|row| row.spread, place),
            )
        })
        .collect();
    let [first, ..] = runs;
    first
        .into_iter()
        .zip(figures)
        .map(|(row, (a, s, spread))| Timed { a, s, spread, ..row })
        .collect()
}

fn run(table: &Table, scenario: Scenario, rounds: usize) -> Vec<Timed> {
    let mut runners: Vec<Runner> = table
        .of(scenario)
        .map(|case| {
            let few = case.most.min(1_000);
            // Takes the fastest of three batches. A single batch could be slow because the machine
            // is busy. Then `n` would be so small that later batches would mostly measure the
            // clock.
            let least = [(); 3]
                .map(|()| batch(&mut *case.calls(), few, true))
                .into_iter()
                .fold(f64::MAX, f64::min);
            let each = least.max(0.5);
            let calls = case.calls();
            let n = ((BATCH_NS / each) as u64).clamp(1, case.most);
            Runner {
                library: case.library,
                note: case.note,
                calls,
                n,
                renew: case.most < u64::MAX,
                rounds: [vec![], vec![]],
            }
        })
        .collect();
    let many = runners.len();
    for round in 0..rounds {
        for (variant, stores) in [(0, false), (1, true)] {
            for place in 0..many {
                let runner = &mut runners[(round + place) % many];
                if runner.renew {
                    runner.calls = table
                        .find(scenario, runner.library)
                        .expect("the runner is in the table")
                        .calls();
                }
                let ns = batch(&mut *runner.calls, runner.n, stores);
                runner.rounds[variant].push(ns);
            }
        }
    }
    let bare =
        runners.iter().find(|runner| runner.library == BARE).map(|runner| runner.rounds.clone());
    let net = |runner: &Runner, variant: usize| -> Vec<f64> {
        let all = &runner.rounds[variant];
        match &bare {
            Some(bare) if runner.library != BARE => {
                all.iter().zip(&bare[variant]).map(|(all, bare)| all - bare).collect()
            }
            _ => all.clone(),
        }
    };
    runners
        .iter()
        .map(|runner| {
            let mut s = net(runner, 1);
            let median_s = median(&mut s);
            Timed {
                library: runner.library,
                note: runner.note,
                a: median(&mut net(runner, 0)),
                s: median_s,
                spread: s[s.len() * 3 / 4] - s[s.len() / 4],
            }
        })
        .collect()
}

/// The number of rounds in a run.
pub const ROUNDS: usize = 21;

pub fn print(table: &Table, scenarios: &[Scenario]) {
    for &of in scenarios {
        let timed = scenario(table, of, ROUNDS);
        let bare = timed.iter().any(|row| row.library == BARE);
        println!(
            "\n{} ({}): ns per call{}",
            of.says(),
            of.name(),
            if bare { ", net of the bare call" } else { "" }
        );
        println!("  {:<20} {:>8} {:>8} {:>8}", "", "A", "S", "spread");
        for row in &timed {
            println!(
                "  {:<20} {:>8.2} {:>8.2} {:>8.2}  {}",
                row.library, row.a, row.s, row.spread, row.note
            );
        }
        for lack in table.lacks.iter().filter(|lack| lack.scenario == of) {
            println!("  {:<20} {:>8} {:>8} {:>8}  {}", lack.library, "-", "-", "-", lack.why);
        }
    }
}
