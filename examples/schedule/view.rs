//! Draws the policy as text of at most 80 columns.

use std::fmt::Write;
use std::time::Duration;

use crate::args::Request;
use crate::draws::{self, Spread};

/// The number of retries that are drawn. Later retries look like the last drawn retry.
const SHOWN: u32 = 20;
/// The number of columns of the histogram.
const CELLS: usize = 16;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws the request. The headings are bold if `bold` is set.
pub(crate) fn draw(request: &Request, bold: bool) -> String {
    let (on, off) = if bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    let shown = request.retries.min(SHOWN);
    let spreads = draws::draw(&request.settings, shown, request.seed, request.draws);
    let longest = (1..=shown).map(|k| *request.policy.delay_bounds(k).end());
    let longest = longest.max().unwrap_or_default();
    let mut text = format!(
        "{on}{}{off}\n{} calls drawn, seed {}\n\n",
        request.title, request.draws, request.seed
    );
    if shown > 0 {
        let heading = format!(
            "{:>5} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}  0 {:>width$}",
            "retry",
            "nominal",
            "from",
            "to",
            "5 %",
            "half",
            "95 %",
            "total",
            short(longest),
            width = CELLS - 2,
        );
        line(&mut text, &format!("{on}{heading}{off}"));
    }
    for (k, spread) in (1..).zip(&spreads) {
        line(&mut text, &row(request, k, spread, longest));
    }
    if request.retries > shown {
        let more = request.retries - shown;
        line(&mut text, &format!("    … and {more} more"));
    }
    text.push('\n');
    sums(&mut text, request, spreads.last(), on, off);
    text
}

fn row(request: &Request, k: u32, spread: &Spread, longest: Duration) -> String {
    let bounds = request.policy.delay_bounds(k);
    let mut row = format!("{k:>5}");
    for delay in [
        request.policy.nominal_delay(k),
        *bounds.start(),
        *bounds.end(),
        spread.delay(5),
        spread.delay(50),
        spread.delay(95),
        spread.total(50),
    ] {
        let _ = write!(row, " {:>7}", short(delay));
    }
    row.push_str("  ");
    row.push_str(&bars(&spread.histogram(longest, CELLS)));
    row
}

/// Draws one bar per part. Heights are eighths of the highest bar.
fn bars(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or_default();
    let bar = |count: &usize| match count {
        0 => ' ',
        count => BARS[(count * BARS.len()).div_ceil(most) - 1],
    };
    counts.iter().map(bar).collect()
}

fn sums(text: &mut String, request: &Request, last: Option<&Spread>, on: &str, off: &str) {
    if let Some(last) = last.filter(|_| request.retries <= SHOWN) {
        let (half, most) = (short(last.total(50)), short(last.total(95)));
        let calls = format!(
            "If every attempt fails, half of the calls sleep up to {half}, 95 % up to {most}."
        );
        line(text, &calls);
    }
    let worst = request.policy.worst_case();
    let sleep = short(worst.sleep());
    let attempts = match worst.attempts() {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    line(text, &format!("{on}At worst: {attempts} and {sleep} of sleep{off},"));
    match request.attempt_timeout {
        None => line(text, "plus the time of the attempts: `--attempt-timeout 2s` adds it."),
        Some(timeout) => {
            let call = short(worst.with_attempt_timeout(timeout));
            let timeout = short(timeout);
            line(
                text,
                &format!(
                    "and, with attempts of up to {timeout}, {on}{call} for the whole call{off}."
                ),
            );
        }
    }
    line(text, "If a dependency asks for a longer delay (`Retry-After`), the call waits longer.");
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Formats a time as three digits and a unit.
fn short(time: Duration) -> String {
    const UNITS: [(f64, &str); 7] = [
        (1e-9, "ns"),
        (1e-6, "µs"),
        (1e-3, "ms"),
        (1.0, "s"),
        (60.0, "min"),
        (3_600.0, "h"),
        (86_400.0, "d"),
    ];
    let secs = time.as_secs_f64();
    if secs == 0.0 {
        return "0".to_owned();
    }
    if secs > 9_999.0 * 86_400.0 {
        return "∞".to_owned();
    }
    let fits = |(unit, _): &&(f64, &str)| secs >= *unit * 0.999_5;
    let (unit, name) = UNITS.iter().rfind(fits).unwrap_or(&UNITS[0]);
    let count = secs / unit;
    let digits = if count >= 99.95 {
        0
    } else if count >= 9.995 {
        1
    } else {
        2
    };
    let mut text = format!("{count:.digits$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text + name
}
