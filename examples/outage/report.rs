//! The report: a table of the three runs, what the attributes do not improve, and a conclusion.

use std::time::Duration;

use crate::callers::{CALLS, Call, Ending, Strategy, Tally};
use crate::schedule::Spell;

/// Formats the table and its explanation.
pub(crate) fn report(tallies: &[Tally; 3]) -> String {
    let rows = tallies.each_ref().map(Row::of);
    [table(&rows), limits(tallies, &rows), conclusion(&rows)].join("\n")
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    name: &'static str,
    /// Attempts while the server was slow, hung or was down, retries included.
    pub(crate) load: usize,
    pub(crate) fresh: usize,
    pub(crate) old: usize,
    pub(crate) errors: usize,
    pub(crate) errors_in_blips: usize,
    /// Errors for which the fallback would have had no value either.
    errors_with_fallback: usize,
    pub(crate) p99: Duration,
    longest: Duration,
}

impl Row {
    pub(crate) fn of(tally: &Tally) -> Self {
        let count = |of: fn(&Ending) -> bool| tally.calls.iter().filter(|c| of(&c.ending)).count();
        let in_blips = tally.calls.iter().filter(|call| {
            matches!(call.ending, Ending::Error { .. }) && Spell::at(call.start) == Spell::Blips
        });
        let mut waits: Vec<_> = tally.calls.iter().map(|call| call.wait).collect();
        waits.sort_unstable();
        Self {
            name: match tally.strategy {
                Strategy::Bare => "no protection",
                Strategy::Naive => "naive retries",
                Strategy::Protected => "these attributes",
            },
            load: tally.load_on_sick_server(),
            fresh: count(|ending| *ending == Ending::Fresh),
            old: count(|ending| *ending == Ending::Old),
            errors: count(|ending| matches!(ending, Ending::Error { .. })),
            errors_in_blips: in_blips.count(),
            errors_with_fallback: count(|ending| *ending == Ending::Error { is_known: false }),
            p99: percentile(&waits, 99),
            longest: percentile(&waits, 100),
        }
    }
}

/// Returns the smallest value that at least `percent` of all values do not exceed (nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn table(rows: &[Row; 3]) -> String {
    let lines = rows.each_ref().map(|row| {
        format!(
            "{:<16}{:>13}{:>9}{:>6}{:>9}{:>11}{:>8}{:>8}",
            row.name,
            row.load,
            row.fresh,
            row.old,
            row.errors,
            format!("({})", row.errors_in_blips),
            millis(row.p99),
            millis(row.longest),
        )
    });
    format!(
        "
The same ten seconds for all: {CALLS} calls, and faults at the same times.

                  attempts at       calls that got      errors   wait of a call
                  sick server    fresh   old   error  in blips     p99  longest
{}

sick server:       while it was slow, hung or was down
old:               the last known value, from the fallback; at most 2 s old
no protection:     one attempt, no time limit, as with the defaults of reqwest
naive retries:     up to 4 attempts of up to 250 ms each, 100 ms apart
these attributes:  up to 4 attempts of up to 250 ms each, within 600 ms in all
",
        lines.join("\n")
    )
}

fn limits(tallies: &[Tally; 3], [bare, naive, protected]: &[Row; 3]) -> String {
    let late = |call: &&Call| {
        let recovered = call.start > Duration::from_secs(4);
        recovered && Spell::at(call.start) == Spell::Healthy && call.ending != Ending::Fresh
    };
    let notes = [
        format!(
            "- Fresh values: {} calls got one, without protection {}, with naive retries {}. Those \
             shops wait for a slow server or ask it again; the attributes stop.",
            protected.fresh, bare.fresh, naive.fresh,
        ),
        format!(
            "- Errors: the fallback prevents most of them. Without it, the attributes would see \
             {}. With it, the shop without protection would see {} and the one with naive retries \
             {}, but with the waits and the load of the table.",
            protected.errors + protected.old,
            bare.errors_with_fallback,
            naive.errors_with_fallback,
        ),
        format!(
            "- Old values: {} calls got one instead of an error, and each may be wrong.",
            protected.old,
        ),
        format!(
            "- Recovery: {} calls got no fresh value although the server was healthy again, \
             because an open circuit waits for its next probe.",
            tallies[2].calls.iter().filter(late).count(),
        ),
        "- This server recovers by the clock. Load can keep a real one from recovering.".to_owned(),
    ];
    let notes = notes.map(|note| wrap(&note, "  ")).join("\n");
    format!("What the attributes do not improve, and what this run does not show:\n{notes}\n")
}

fn conclusion([bare, naive, protected]: &[Row; 3]) -> String {
    let sentence = format!(
        "With the attributes, {} of {CALLS} calls ended in an error instead of {} (no protection) \
         or {} (naive retries), 99 % took at most {} instead of {} or {}, and the sick server got \
         {} attempts instead of {} or {}, but {} calls got an old value.",
        protected.errors,
        bare.errors,
        naive.errors,
        millis(protected.p99),
        millis(bare.p99),
        millis(naive.p99),
        protected.load,
        bare.load,
        naive.load,
        protected.old,
    );
    wrap(&sentence, "")
}

/// Breaks text into lines of at most 80 columns. The lines after the first one are indented.
fn wrap(text: &str, indent: &str) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column + 1 + word.len() > 80 {
            wrapped.push('\n');
            wrapped.push_str(indent);
            column = indent.len();
        } else if column > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += word.len();
    }
    wrapped
}

/// Formats a time for people to read.
pub(crate) fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 0.1 {
        "<0.1 ms".to_owned()
    } else if millis < 9.95 {
        format!("{millis:.1} ms")
    } else if millis < 999.5 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.2} s", millis / 1e3)
    }
}
