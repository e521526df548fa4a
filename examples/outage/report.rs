//! The report: a table of the three runs, and an explanation.

use std::cmp::Ordering;
use std::fmt::Write;
use std::time::Duration;

use crate::callers::{CALLS, Call, Ending, Strategy, Tally};

/// Formats the table and its explanation.
pub(crate) fn report(tallies: &[Tally; 3]) -> String {
    let rows = tallies.each_ref().map(Row::of);
    let [bare, naive, protected] = &rows;
    let mut text = table(&rows);
    for note in [
        load(bare, naive, protected),
        errors(bare, naive, protected),
        waits(bare, naive, protected),
    ] {
        text.push('\n');
        text.push_str(&note);
    }
    text
}

/// One line of the table.
struct Row {
    name: &'static str,
    reached_sick_server: u64,
    errors: usize,
    rejections: usize,
    rejections_by_then_healthy: usize,
    rejection_wait: Wait,
    wait: Wait,
    error_wait: Wait,
}

impl Row {
    fn of(tally: &Tally) -> Self {
        let is_error = |call: &&Call| call.ending != Ending::Answered;
        let is_rejection = |call: &&Call| call.ending == Ending::Rejected;
        let calls = || tally.calls.iter();
        Self {
            name: match tally.strategy {
                Strategy::Bare => "no protection",
                Strategy::Naive => "naive retries",
                Strategy::Protected => "these attributes",
            },
            reached_sick_server: tally.reached_sick_server,
            errors: calls().filter(is_error).count(),
            rejections: calls().filter(is_rejection).count(),
            rejections_by_then_healthy: calls()
                .filter(is_rejection)
                .filter(|call| !call.server_sick)
                .count(),
            rejection_wait: Wait::of(calls().filter(is_rejection)),
            wait: Wait::of(calls()),
            error_wait: Wait::of(calls().filter(is_error)),
        }
    }
}

/// The durations of calls, including retries and delays. A value is `None` if there were no calls.
struct Wait {
    median: Option<Duration>,
    p99: Option<Duration>,
}

impl Wait {
    fn of<'a>(calls: impl Iterator<Item = &'a Call>) -> Self {
        let mut waits: Vec<_> = calls.map(|call| call.wait).collect();
        waits.sort_unstable();
        Self { median: percentile(&waits, 50), p99: percentile(&waits, 99) }
    }
}

/// Returns the smallest value that at least `percent` of all values do not exceed (nearest rank).
/// If there are no values, returns `None`.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn table(rows: &[Row; 3]) -> String {
    let mut text = format!(
        "
The same ten seconds, {CALLS} calls each:

                   calls to the     errors    wait of a call    wait for an error
                  sick server *  callers saw   median     p99     median     p99
"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{:<16}{:>15}{:>13}{:>9}{:>8}{:>11}{:>8}",
            row.name,
            row.reached_sick_server,
            row.errors,
            millis(row.wait.median),
            millis(row.wait.p99),
            millis(row.error_wait.median),
            millis(row.error_wait.p99),
        );
    }
    text.push_str(
        "
* Attempts, retries included, while the server was slow, down or half up: both
  the connections that it accepted and those that it refused.
",
    );
    text
}

fn load(bare: &Row, naive: &Row, protected: &Row) -> String {
    let ours = protected.reached_sick_server;
    let times = |row: &Row| row.reached_sick_server as f64 / ours.max(1) as f64;
    format!(
        "Load:   With the attributes, {ours} attempts reached the sick server; with naive retries
        {:.1} times as many, with no protection {:.1} times. This server recovers by the
        clock; the load can keep a real one from recovering.
",
        times(naive),
        times(bare),
    )
}

fn errors(bare: &Row, naive: &Row, protected: &Row) -> String {
    format!(
        "Errors: {}, {} no protection and {} naive retries.
        {} of them are rejections (median wait {}).
        {} of those came after the server had recovered, before the next probe.
",
        protected.errors,
        compare(protected.errors, bare.errors),
        compare(protected.errors, naive.errors),
        protected.rejections,
        millis(protected.rejection_wait.median),
        protected.rejections_by_then_healthy,
    )
}

fn compare(ours: usize, theirs: usize) -> String {
    match ours.cmp(&theirs) {
        Ordering::Less => format!("{} fewer than with", theirs - ours),
        Ordering::Equal => "as many as with".to_owned(),
        Ordering::Greater => format!("{} more than with", ours - theirs),
    }
}

fn waits(bare: &Row, naive: &Row, protected: &Row) -> String {
    format!(
        "Waits:  p99 is {} with naive retries, {} with no protection, {} with the
        attributes. Every retry waits again for a server that hangs; with the attributes,
        retries end when the circuit opens.",
        millis(naive.wait.p99),
        millis(bare.wait.p99),
        millis(protected.wait.p99),
    )
}

/// Formats a time for people to read.
pub(crate) fn millis(time: Option<Duration>) -> String {
    let Some(time) = time else {
        return "-".to_owned();
    };
    let millis = time.as_secs_f64() * 1e3;
    if millis < 0.1 {
        "<0.1 ms".to_owned()
    } else if millis < 9.95 {
        format!("{millis:.1} ms")
    } else {
        format!("{millis:.0} ms")
    }
}
