//! Counts instructions, locked operations, clock reads and allocations per call, with callgrind, a
//! tool of valgrind.
//!
//! All chosen cases run in one child process. Callgrind counts only inside [`count_only_in_here`],
//! and writes a profile when this function returns. So it does not count startup and setup, and the
//! differences to the bare call are the same in every run.

mod disassembly;
mod profile;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::table::{BARE, Calls, Case, Scenario, Table};

/// The number of calls per profile, unless the case allows only fewer calls.
const CALLS: u64 = 10_000;

/// The functions of the C library that read a clock.
const CLOCKS: &[&str] = &["clock_gettime", "gettimeofday", "time"];
/// The functions of the C library that allocate.
const ALLOCATORS: &[&str] = &["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// The cost of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    pub instructions: f64,
    pub locked: f64,
    pub clock: f64,
    pub allocations: f64,
}

/// A scenario, a library, and the cost of one call.
pub type Row = (Scenario, &'static str, Counts);

impl Counts {
    pub const NAMES: [&'static str; 4] = ["instructions", "locked", "clock reads", "allocations"];

    pub fn values(self) -> [f64; 4] {
        [self.instructions, self.locked, self.clock, self.allocations]
    }

    fn minus(self, bare: Self) -> Self {
        Self {
            instructions: self.instructions - bare.instructions,
            locked: self.locked - bare.locked,
            clock: self.clock - bare.clock,
            allocations: self.allocations - bare.allocations,
        }
    }
}

/// Makes the calls that callgrind counts. Valgrind finds this function and `profile_when_done` by
/// name. Both functions add one to their result. Otherwise the compiler could turn the call before
/// the addition into a jump, and valgrind would not see the function return.
#[inline(never)]
fn count_only_in_here(calls: &mut dyn Calls, n: u64) -> u64 {
    calls.empty(n);
    black_box(n) + 1
}

#[inline(never)]
fn profile_when_done(calls: &mut dyn Calls, n: u64) -> u64 {
    black_box(count_only_in_here(calls, n)) + 1
}

fn calls_of(case: &Case) -> u64 {
    case.most.min(CALLS)
}

fn chosen<'a>(table: &'a Table, choose: &[String]) -> Vec<&'a Case> {
    let is_chosen =
        |case: &&Case| choose.is_empty() || choose.iter().any(|name| case.name() == *name);
    table.cases.iter().filter(is_chosen).collect()
}

/// Runs the cases in the child process. Callgrind writes one profile for each case.
pub fn run(table: &Table, choose: &[String]) {
    // If a process has one thread, the C library leaves out some lock prefixes. Servers have many
    // threads, so this process starts a second thread.
    let main = std::thread::current();
    let other = std::thread::spawn(move || {
        main.unpark();
        loop {
            std::thread::park();
        }
    });
    std::thread::park();
    for case in chosen(table, choose) {
        let mut calls = case.calls();
        black_box(profile_when_done(&mut *calls, calls_of(case)));
    }
    drop(other);
}

fn directory() -> std::io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("resilient-bench-{}", std::process::id()));
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

/// Counts the cases with these names in this program, or all cases if `choose` is empty.
///
/// # Errors
///
/// Returns a message that says what is missing or failed.
pub fn gross(table: &Table, choose: &[String]) -> Result<Vec<Row>, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    gross_in(&program, table, choose)
}

/// Counts the cases with these names in another build of this program, or all cases if `choose` is
/// empty.
///
/// # Errors
///
/// Returns a message that says what is missing or failed.
pub fn gross_in(program: &Path, table: &Table, choose: &[String]) -> Result<Vec<Row>, String> {
    for tool in ["valgrind", "objdump"] {
        let found = Command::new(tool)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return Err(format!(
                "`{tool}` is missing: nothing was counted (Debian's packages `valgrind` and \
                 `binutils` have both)"
            ));
        }
    }
    let directory = directory().map_err(|error| format!("no folder for profiles: {error}"))?;
    let counted = in_directory(&directory, program, table, choose);
    let _ = std::fs::remove_dir_all(&directory);
    counted
}

fn in_directory(
    directory: &Path,
    program: &Path,
    table: &Table,
    choose: &[String],
) -> Result<Vec<Row>, String> {
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--dump-instr=yes",
            "--compress-strings=no",
            "--compress-pos=no",
        ])
        .args([
            "--collect-atstart=no",
            "--toggle-collect=*count_only_in_here*",
            "--dump-after=*profile_when_done*",
        ])
        .arg(format!("--callgrind-out-file={}", directory.join("profile").display()))
        .arg(program)
        .arg("run")
        .args(choose)
        .output()
        .map_err(|error| format!("valgrind did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "the run under valgrind failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let mut disassembly = disassembly::Disassembly::default();
    let mut counts = Vec::new();
    for (place, case) in chosen(table, choose).into_iter().enumerate() {
        let path = directory.join(format!("profile.{}", place + 1));
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("no profile of {}: {error}", case.name()))?;
        let profile = profile::Profile::parse(&text);
        let n = calls_of(case) as f64;
        disassembly.read(&profile.executed)?;
        let each = |times: u64| times as f64 / n;
        counts.push((
            case.scenario,
            case.library,
            Counts {
                instructions: each(profile.instructions),
                locked: each(disassembly.locked(&profile.executed)),
                clock: each(disassembly.entered(&profile.executed, CLOCKS)),
                allocations: each(disassembly.entered(&profile.executed, ALLOCATORS)),
            },
        ));
    }
    Ok(counts)
}

/// Subtracts the counts of the bare call from each row, if the scenario has a bare call.
pub fn net(gross: &[Row]) -> Vec<Row> {
    let bare: BTreeMap<Scenario, Counts> =
        gross.iter().filter(|row| row.1 == BARE).map(|row| (row.0, row.2)).collect();
    let rows = gross.iter().filter(|row| row.1 != BARE);
    rows.map(|&(scenario, library, counts)| match bare.get(&scenario) {
        Some(bare) => (scenario, library, counts.minus(*bare)),
        None => (scenario, library, counts),
    })
    .collect()
}

pub fn print(table: &Table, counts: &[Row]) {
    for scenario in Scenario::ALL {
        if !counts.iter().any(|row| row.0 == scenario) {
            continue;
        }
        let bare = table.find(scenario, BARE).is_some();
        println!(
            "\n{} ({}): per call{}",
            scenario.says(),
            scenario.name(),
            if bare { ", net of the bare call" } else { "" }
        );
        println!(
            "  {:<20} {:>12} {:>8} {:>12} {:>12}",
            "", "instructions", "locked", "clock reads", "allocations"
        );
        for (_, library, counts) in counts.iter().filter(|row| row.0 == scenario) {
            let [instructions, locked, clock, allocations] = counts.values();
            let note = table.find(scenario, library).map_or("", |case| case.note);
            println!(
                "  {library:<20} {instructions:>12.1} {locked:>8.2} {clock:>12.2} \
                 {allocations:>12.2}  {note}"
            );
        }
        for lack in table.lacks.iter().filter(|lack| lack.scenario == scenario) {
            println!(
                "  {:<20} {:>12} {:>8} {:>12} {:>12}  {}",
                lack.library, "-", "-", "-", "-", lack.why
            );
        }
    }
}
