//! The drawing of a run: three strips on one axis of time, as SVG.
//!
//! The strategies differ in the pattern of their lines, and states are labelled, so the drawing
//! reads without colour. Its style follows the reader's light or dark scheme.

use std::fmt::Write;
use std::time::Duration;

use resilient::breaker::CircuitState;

use crate::callers::{Ending, Strategy, Tally};
use crate::report;
use crate::schedule::{LENGTH, SPELLS, Spell};

const TITLE: &str = "Ten bad seconds of a server, and three ways to call it";
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 452.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 878.0;
/// The tops of the strips. The first two have the height [`TALL`], the last one [`FLAT`].
const ATTEMPTS: f64 = 122.0;
const ERRORS: f64 = 252.0;
const CIRCUIT: f64 = 382.0;
const TALL: f64 = 92.0;
const FLAT: f64 = 26.0;
/// The calls of one step of a line.
const STEP: Duration = Duration::from_millis(250);

/// Every selector begins with the drawing's id, because the page of the documentation contains the
/// drawing. There must be no empty line: it would end the drawing within Markdown.
const STYLE: &str = "
#outage-svg { --paper: #ffffff; --ink: #1f2328; --faint: #d0d7de; --sick: #f1f3f5;
  --bare: #57606a; --naive: #a04100; --protected: #0550ae; max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
  #outage-svg { --paper: #0d1117; --ink: #e6edf3; --faint: #3d444d; --sick: #1b2129;
    --bare: #adb6bf; --naive: #f0964e; --protected: #6cb6ff; }
}
#outage-svg text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  fill: var(--ink); }
#outage-svg .title { font-size: 15px; font-weight: 600; }
#outage-svg .middle { text-anchor: middle; }
#outage-svg .end { text-anchor: end; }
#outage-svg .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; }
#outage-svg .paper { fill: var(--paper); }
#outage-svg .sick { fill: var(--sick); }
#outage-svg .grid { stroke: var(--faint); fill: none; }
#outage-svg .line { fill: none; stroke-linejoin: round; }
#outage-svg .bare { stroke: var(--bare); stroke-width: 2; stroke-dasharray: 1.5 3; }
#outage-svg .naive { stroke: var(--naive); stroke-width: 2; stroke-dasharray: 8 4; }
#outage-svg .protected { stroke: var(--protected); stroke-width: 3; }
#outage-svg .hatch { stroke: var(--protected); stroke-width: 1; }
#outage-svg .old { fill: url(#outage-hatch); }
#outage-svg .closed { fill: var(--paper); stroke: var(--ink); }
#outage-svg .open { fill: url(#outage-hatch); stroke: var(--ink); }
#outage-svg .probe { fill: var(--ink); }
";

/// Draws the run.
pub(crate) fn draw(tallies: &[Tally; 3]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"outage-svg\" role=\"img\" \
         aria-labelledby=\"outage-title outage-description\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n\
         <title id=\"outage-title\">{TITLE}</title>\n\
         <desc id=\"outage-description\">{}</desc>\n\
         <style>{STYLE}</style>\n\
         <defs><pattern id=\"outage-hatch\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\">\
         <path class=\"hatch\" d=\"M-1 7 7 -1M-1 1 1 -1M5 7 7 5\"/></pattern></defs>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n",
        describe(tallies),
    );
    legend(&mut svg);
    spells(&mut svg);
    attempts(&mut svg, tallies);
    errors(&mut svg, tallies);
    circuit(&mut svg, &tallies[2]);
    axis(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

/// Says in words what the drawing shows, for those who cannot see it.
fn describe(tallies: &[Tally; 3]) -> String {
    let [bare, naive, protected] = tallies.each_ref().map(report::Row::of);
    let changes = tallies[2].transitions.iter();
    let openings = changes.filter(|(_, state)| *state == CircuitState::Open).count();
    format!(
        "The server has blips from second 1, is slow from 2.5 to 4, hangs from 5 to 6.5 and is \
         down until 8. While it was sick, {} attempts reached it with naive retries, {} without \
         protection and {} with the attributes. {} calls ended in an error with naive retries, {} \
         without protection and {} with the attributes, whose fallback served {} old values. The \
         circuit opened {openings} times and was closed at the end of the run.",
        naive.load,
        bare.load,
        protected.load,
        naive.errors,
        bare.errors,
        protected.errors,
        protected.old,
    )
}

fn class(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Bare => "bare",
        Strategy::Naive => "naive",
        Strategy::Protected => "protected",
    }
}

fn legend(svg: &mut String) {
    text(svg, "title", LEFT, 24.0, TITLE);
    let samples = [
        (Strategy::Bare, LEFT, "no protection"),
        (Strategy::Naive, 200.0, "naive retries"),
        (Strategy::Protected, 350.0, "these attributes"),
    ];
    for (strategy, x, name) in samples {
        let class = class(strategy);
        let _ = writeln!(svg, "<path class=\"line {class}\" d=\"M{x:.1} 45h34\"/>");
        text(svg, "", x + 42.0, 49.0, name);
    }
    let _ = writeln!(svg, "<rect class=\"open\" x=\"516\" y=\"38\" width=\"34\" height=\"13\"/>");
    text(svg, "", 558.0, 49.0, "attributes: last known value, from the fallback");
}

/// Shades the time in which the server is sick, and names each spell.
fn spells(svg: &mut String) {
    let ends = SPELLS.iter().skip(1).map(|(from, _)| Duration::from_millis(*from));
    for ((from, spell), end) in SPELLS.iter().zip(ends.chain([LENGTH])) {
        let (left, right) = (x(Duration::from_millis(*from)), x(end));
        let (width, bottom) = (right - left, CIRCUIT + FLAT);
        if spell.is_sick() {
            let height = bottom - 66.0;
            let _ = writeln!(
                svg,
                "<rect class=\"sick\" x=\"{left:.1}\" y=\"66\" width=\"{width:.1}\" \
                 height=\"{height:.1}\"/>"
            );
        }
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left:.1} 66V{bottom:.1}\"/>");
        let name = match spell {
            Spell::Healthy => "healthy",
            Spell::Blips => "blips",
            Spell::Slow => "slow",
            Spell::Hang => "hangs",
            Spell::Outage => "down",
        };
        text(svg, "middle", f64::midpoint(left, right), 82.0, name);
    }
}

fn attempts(svg: &mut String, tallies: &[Tally; 3]) {
    let counts = tallies.each_ref().map(|tally| count(tally.attempts.iter().copied()));
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    let strip = Strip { top: ATTEMPTS, most: most.next_multiple_of(10) };
    strip.frame(svg, "attempts that reach the server, per quarter of a second");
    for (tally, counts) in tallies.iter().zip(&counts) {
        strip.line(svg, tally.strategy, counts);
    }
}

fn errors(svg: &mut String, tallies: &[Tally; 3]) {
    let errors = tallies.each_ref().map(|tally| {
        let errors = tally.calls.iter().filter(|call| matches!(call.ending, Ending::Error { .. }));
        count(errors.map(|call| call.start))
    });
    let protected = tallies[2].calls.iter();
    let not_fresh = count(protected.filter(|c| c.ending != Ending::Fresh).map(|call| call.start));
    let strip = Strip { top: ERRORS, most: 10 };
    strip.frame(svg, "errors that callers saw, by the time of the call's start");
    let mut outline = strip.steps(&not_fresh, 0.0);
    // Back along the errors, so that only the old values are hatched.
    let mut back =
        errors[2].iter().enumerate().rev().fold(String::new(), |mut path, (index, n)| {
            let (right, left) = (x_of_step(index + 1), x_of_step(index));
            let y = strip.y(*n);
            let _ = write!(path, "L{right:.1} {y:.1}H{left:.1}");
            path
        });
    back.push('Z');
    outline.push_str(&back);
    let _ = writeln!(svg, "<path class=\"old\" d=\"{outline}\"/>");
    for (tally, counts) in tallies.iter().zip(&errors) {
        strip.line(svg, tally.strategy, counts);
    }
}

fn circuit(svg: &mut String, tally: &Tally) {
    text(svg, "", LEFT, CIRCUIT - 8.0, "circuit of the attributes (solid: half-open, one probe)");
    let begins = [(Duration::ZERO, CircuitState::Closed)];
    let states: Vec<_> = begins.iter().chain(&tally.transitions).collect();
    for (index, (from, state)) in states.iter().enumerate() {
        let end = states.get(index + 1).map_or(LENGTH, |(next, _)| *next);
        let left = x(*from);
        // A probe that ends at once is still visible.
        let width = (x(end) - left).max(2.0);
        let (class, name) = match state {
            CircuitState::Closed => ("closed", "closed"),
            CircuitState::HalfOpen => ("probe", ""),
            _ => ("open", "open"),
        };
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{CIRCUIT:.1}\" width=\"{width:.1}\" \
             height=\"{FLAT:.1}\"/>"
        );
        if width > 36.0 && !name.is_empty() {
            text(svg, "middle halo", left + width / 2.0, CIRCUIT + 17.5, name);
        }
    }
}

fn axis(svg: &mut String) {
    let top = CIRCUIT + FLAT;
    for second in 0..=LENGTH.as_secs() {
        let at = x(Duration::from_secs(second));
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{at:.1} {top:.1}v6\"/>");
        let label =
            if second == LENGTH.as_secs() { format!("{second} s") } else { second.to_string() };
        text(svg, "middle", at, top + 22.0, &label);
    }
}

/// A strip with counts per step of time.
struct Strip {
    top: f64,
    most: usize,
}

impl Strip {
    fn y(&self, count: usize) -> f64 {
        self.top + TALL * (1.0 - count as f64 / self.most as f64)
    }

    fn frame(&self, svg: &mut String, title: &str) {
        text(svg, "", LEFT, self.top - 12.0, title);
        for count in [0, self.most / 2, self.most] {
            let y = self.y(count);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT:.1} {y:.1}H{RIGHT:.1}\"/>");
            text(svg, "end", LEFT - 8.0, y + 4.5, &count.to_string());
        }
    }

    /// Draws the counts of a strategy. Equal counts are drawn beside each other, so that no line
    /// hides another one.
    fn line(&self, svg: &mut String, strategy: Strategy, counts: &[usize]) {
        let aside = match strategy {
            Strategy::Bare => -1.5,
            Strategy::Naive => 0.0,
            Strategy::Protected => 1.5,
        };
        let (class, path) = (class(strategy), self.steps(counts, aside));
        let _ = writeln!(svg, "<path class=\"line {class}\" d=\"{path}\"/>");
    }

    fn steps(&self, counts: &[usize], aside: f64) -> String {
        counts.iter().enumerate().fold(String::new(), |mut path, (index, count)| {
            let verb = if index == 0 { 'M' } else { 'L' };
            let (left, right) = (x_of_step(index), x_of_step(index + 1));
            let y = self.y(*count) + aside;
            let _ = write!(path, "{verb}{left:.1} {y:.1}H{right:.1}");
            path
        })
    }
}

/// Counts the times in each step.
fn count(times: impl Iterator<Item = Duration>) -> Vec<usize> {
    let steps = usize::try_from(LENGTH.as_millis() / STEP.as_millis()).unwrap_or(0);
    let mut counts = vec![0; steps];
    for time in times {
        let step = usize::try_from(time.as_millis() / STEP.as_millis()).unwrap_or(usize::MAX);
        // An attempt can start after the last call did.
        if let Some(count) = counts.get_mut(step) {
            *count += 1;
        }
    }
    counts
}

fn x(time: Duration) -> f64 {
    LEFT + (RIGHT - LEFT) * time.as_secs_f64() / LENGTH.as_secs_f64()
}

fn x_of_step(step: usize) -> f64 {
    LEFT + (RIGHT - LEFT) * step as f64 * STEP.as_secs_f64() / LENGTH.as_secs_f64()
}

/// Writes text, which must not contain characters that XML reserves.
fn text(svg: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(svg, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>");
}
