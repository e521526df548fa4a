//! Formats all figures in Markdown and writes them into the README.

use std::fmt::Write as _;
use std::path::Path;

use super::Measured;
use crate::runners::{futures, threads};
use crate::table::BARE;

impl Measured<'_> {
    /// Returns all figures in Markdown.
    pub fn figures(&self) -> String {
        let mut text = String::new();
        for (scenario, rows) in &self.times {
            let _ = writeln!(text, "\n**{}** (`{}`)\n", scenario.says(), scenario.name());
            text.push_str(
                "| | A, ns | S, ns | instructions | locked | clock reads | allocations | |\n\
                 |---|---|---|---|---|---|---|---|\n",
            );
            for row in rows {
                let counts =
                    self.all.iter().find(|counts| counts.0 == *scenario && counts.1 == row.library);
                let counts = counts.map_or("| | | |".to_owned(), |(_, _, counts)| {
                    let [instructions, locked, clock, allocations] = counts.values();
                    format!("{instructions:.0} | {locked:.1} | {clock:.1} | {allocations:.1} |")
                });
                let (name, note) = match row.library {
                    BARE => ("the bare call", "subtracted below"),
                    other => (other, row.note),
                };
                let _ = writeln!(
                    text,
                    "| {name} | {} | {} | {counts} {note} |",
                    tenths(row.a),
                    tenths(row.s)
                );
            }
            for lack in self.table.lacks.iter().filter(|lack| lack.scenario == *scenario) {
                let _ =
                    writeln!(text, "| {} | – | – | – | – | – | – | {} |", lack.library, lack.why);
            }
        }
        text.push_str(
            "\n**Two threads on one breaker**, gross, range of the repetitions\n\n\
             | | | one, ns per call | two, ns per call | scales by |\n|---|---|---|---|---|\n",
        );
        for (scenario, rows) in &self.scaling {
            for row in rows {
                let ((low, high), (low_two, high_two)) =
                    (threads::range(&row.one), threads::range(&row.two));
                let (name, by) = (row.library, row.scale());
                let _ = writeln!(
                    text,
                    "| `{}` | {name} | {low:.1} to {high:.1} | {low_two:.1} to {high_two:.1} \
                     | {by:.2} |",
                    scenario.name()
                );
            }
        }
        let _ = writeln!(
            text,
            "\n**Futures**, with an argument of {} bytes\n\n\
             | | | bytes | more than bare |\n|---|---|---|---|",
            futures::ARGUMENT
        );
        for size in &self.futures {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                size.library, size.shape, size.bytes, size.added
            );
        }
        let _ = writeln!(
            text,
            "\nOur permit has {} bytes, the state of a call's retries {}.",
            futures::PERMIT,
            futures::RETRY
        );
        text.push_str("\n**Breakers**, resident bytes each, all in use\n\n| | |\n|---|---|\n");
        for (what, bytes) in &self.weights {
            let _ = writeln!(
                text,
                "| {what} | {} |",
                bytes.map_or("–".to_owned(), |bytes| bytes.to_string())
            );
        }
        let _ = writeln!(text, "\n**Compile time**\n\n```text\n{}\n```", self.compile.trim());
        text
    }
}

/// Formats nanoseconds with one decimal. Zero has no sign.
fn tenths(ns: f64) -> String {
    format!("{:.1}", if ns.abs() < 0.05 { 0.0 } else { ns })
}

/// Two lines of the README. The program replaces the lines between them.
const FROM: &str = "<!-- figures: written by `./goals --readme` -->";
const TO: &str = "<!-- end of figures -->";

/// Replaces the figures in the README with new figures.
///
/// # Errors
///
/// Returns a message if the README cannot be read or written, or if it lacks the two lines.
pub fn write(readme: &Path, figures: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(readme)
        .map_err(|error| format!("{}: {error}", readme.display()))?;
    let parts = text.split_once(FROM).and_then(|(head, rest)| Some((head, rest.split_once(TO)?.1)));
    let (head, tail) =
        parts.ok_or(format!("{} has no lines `{FROM}` and `{TO}`", readme.display()))?;
    std::fs::write(readme, format!("{head}{FROM}\n\n{}\n\n{TO}{tail}", figures.trim()))
        .map_err(|error| format!("{}: {error}", readme.display()))
}
