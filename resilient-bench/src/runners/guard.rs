//! Compares our counts with the limits in a file. Counts are the same in every run, so this is the
//! only benchmark that can reject a change.

use std::fmt::Write as _;
use std::path::Path;

use crate::runners::count::{self, Counts, Row};
use crate::table::{BARE, OURS, Scenario, Table};

/// Returns the names of our cases and of the bare calls, whose counts are subtracted. A build
/// without the feature `peers` has all these cases. With the feature `metrics`, only a retry whose
/// first attempt succeeds is counted: without it, that call is counted nowhere.
pub fn names(table: &Table) -> Vec<String> {
    let is_ours = |library: &str| library.starts_with(OURS) || library == BARE;
    let is_counted = |scenario| !cfg!(feature = "metrics") || scenario == Scenario::RetryPlain;
    let cases = table.cases.iter();
    let counted = cases.filter(|case| is_ours(case.library) && is_counted(case.scenario));
    counted.map(|case| case.name()).collect()
}

fn counted(table: &Table) -> Result<Vec<Row>, String> {
    Ok(count::net(&count::gross(table, &names(table))?))
}

/// Parses the rows of the file. Each row has the name of a case and four limits.
fn parse(text: &str) -> Result<Vec<(String, [f64; 4])>, String> {
    let rows =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let mut columns: Vec<&str> = line.split_whitespace().collect();
        let limits: Option<Vec<f64>> =
            columns.drain(1..).map(|column| column.parse().ok()).collect();
        match limits.map(<[f64; 4]>::try_from) {
            Some(Ok(limits)) => Ok((columns[0].to_owned(), limits)),
            _ => Err(format!("`{line}` is not a case and four numbers")),
        }
    })
    .collect()
}

/// Returns the name of a case without spaces, with the feature `metrics` if the build has it.
fn key(row: &Row) -> String {
    let feature = if cfg!(feature = "metrics") { "+metrics" } else { "" };
    format!("{}/{}{feature}", row.0.name(), row.1).replace(", ", "+")
}

/// If two counts differ by less than this, the difference comes from rounding.
const NOTHING: f64 = 0.005;

/// Returns a message for each count that is above its limit, for each case without limits, and for
/// each row of limits without a case.
fn excesses(rows: &[Row], limits: &[(String, [f64; 4])]) -> Vec<String> {
    let mut excesses = Vec::new();
    for row in rows {
        let name = key(row);
        let Some((_, limits)) = limits.iter().find(|(limited, _)| *limited == name) else {
            excesses.push(format!("{name} has no limits"));
            continue;
        };
        for ((what, value), limit) in Counts::NAMES.iter().zip(row.2.values()).zip(limits) {
            if value > limit + NOTHING {
                excesses.push(format!("{name}: {value:.2} {what} per call, the limit is {limit}"));
            }
        }
    }
    for (name, _) in limits {
        if !rows.iter().any(|row| key(row) == *name) {
            excesses.push(format!("{name} has limits but no case"));
        }
    }
    excesses
}

/// Compares the counts with the limits and prints both. Returns whether all counts are within the
/// limits.
///
/// # Errors
///
/// Returns a message that says why the comparison failed.
pub fn check(table: &Table, file: &Path) -> Result<bool, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let limits = parse(&text)?;
    let rows = counted(table)?;
    println!(
        "{:<36} {:>12} {:>8} {:>12} {:>12}",
        "per call, without the bare call", "instructions", "locked", "clock reads", "allocations"
    );
    for row in &rows {
        let [instructions, locked, clock, allocations] = row.2.values();
        println!(
            "{:<36} {instructions:>12.1} {locked:>8.2} {clock:>12.2} {allocations:>12.2}",
            key(row)
        );
    }
    let excesses = excesses(&rows, &limits);
    for excess in &excesses {
        println!("EXCESS {excess}");
    }
    Ok(excesses.is_empty())
}

/// Adds headroom to a count of instructions. Without headroom, a patch release of the compiler
/// could make the guard fail.
fn with_headroom(instructions: f64) -> f64 {
    (instructions + (instructions.abs() * 0.04).max(1.0)).ceil()
}

/// Writes the limits from new counts.
///
/// # Errors
///
/// Returns a message that says why nothing was written.
pub fn set(table: &Table, file: &Path, compiler: &str) -> Result<(), String> {
    let mut text = format!(
        "# The limits of a healthy call of ours, without the bare call. `guard` enforces them and\n\
         # `guard --set` writes them. Instructions have 4 % headroom, at least 1; others none.\n\
         # Counted with {compiler}.\n\
         # {:<34} {:>12} {:>8} {:>12} {:>12}\n",
        "case", "instructions", "locked", "clock-reads", "allocations"
    );
    for row in counted(table)? {
        let [instructions, locked, clock, allocations] = row.2.values();
        let up = |value: f64| (value.max(0.0) * 100.0 - 0.01).ceil().max(0.0) / 100.0;
        let _ = writeln!(
            text,
            "{:<36} {:>12} {:>8} {:>12} {:>12}",
            key(&row),
            with_headroom(instructions),
            up(locked),
            up(clock),
            up(allocations)
        );
    }
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Scenario;

    fn row(instructions: f64, locked: f64) -> Row {
        (Scenario::Plain, OURS, Counts { instructions, locked, ..Counts::default() })
    }

    #[test]
    fn only_a_count_above_its_limit_is_an_excess() {
        let limits = parse("# a comment\nplain/resilient 32 0 0 0\n").unwrap();
        assert_eq!(excesses(&[row(32.0, 0.0)], &limits), Vec::<String>::new());
        assert_eq!(excesses(&[row(32.1, 0.0)], &limits).len(), 1);
        assert_eq!(excesses(&[row(33.0, 1.0)], &limits).len(), 2);
    }

    #[test]
    fn a_case_without_limits_and_limits_without_a_case_are_excesses() {
        let limits = parse("async/resilient 32 0 0 0").unwrap();
        assert_eq!(excesses(&[row(1.0, 0.0)], &limits).len(), 2);
    }

    #[test]
    fn a_row_that_is_not_a_case_and_four_numbers_is_refused() {
        assert!(parse("plain/resilient 32 0 0").is_err());
        assert!(parse("plain/resilient 32 0 0 none").is_err());
    }
}
