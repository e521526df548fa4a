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
const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 474.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 680.0;
/// The tops of the names of the spells and of the strips. The first two strips have the height
/// [`TALL`], the last one [`FLAT`].
const NAMES: f64 = 88.0;
const ATTEMPTS: f64 = 144.0;
const ERRORS: f64 = 274.0;
const CIRCUIT: f64 = 404.0;
const TALL: f64 = 92.0;
const FLAT: f64 = 26.0;
/// The calls of one step of a line.
const STEP: Duration = Duration::from_millis(250);

const STYLE: &str = "
svg { --paper: #ffffff; --ink: #1f2328; --faint: #d0d7de; --sick: #f1f3f5; --half: #a8b1bb;
  --bare: #57606a; --naive: #a04100; --protected: #0550ae; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #3d444d; --sick: #1b2129; --half: #6b7480;
    --bare: #adb6bf; --naive: #f0964e; --protected: #6cb6ff; }
}
text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--ink); }
.title { font-size: 16px; font-weight: 600; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.in-open { text-anchor: middle; font-size: 11px; fill: var(--paper); }
.paper { fill: var(--paper); }
.sick { fill: var(--sick); }
.grid { stroke: var(--faint); fill: none; }
.line { fill: none; stroke-linejoin: round; }
.bare { stroke: var(--bare); stroke-width: 2; stroke-dasharray: 1.5 3; }
.naive { stroke: var(--naive); stroke-width: 2; stroke-dasharray: 8 4; }
.protected { stroke: var(--protected); stroke-width: 3; }
.hatch { stroke: var(--protected); stroke-width: 1; }
.old { fill: url(#hatch); }
.frame { stroke: var(--ink); }
.closed { fill: var(--paper); stroke: var(--ink); }
.half { fill: var(--half); }
.open { fill: var(--ink); stroke: var(--ink); }
";

/// Draws the run.
pub(crate) fn draw(tallies: &[Tally; 3]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
         aria-labelledby=\"title description\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n\
         <title id=\"title\">{TITLE}</title>\n\
         <desc id=\"description\">{}</desc>\n\
         <style>{STYLE}</style>\n\
         <defs><pattern id=\"hatch\" width=\"6\" height=\"6\" \
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
         down until 8. While it was sick, it got {} attempts with naive retries, {} without \
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
        (Strategy::Naive, 220.0, "naive retries"),
        (Strategy::Protected, 400.0, "these attributes"),
    ];
    for (strategy, x, name) in samples {
        let class = class(strategy);
        let _ = writeln!(svg, "<path class=\"line {class}\" d=\"M{x:.1} 45h34\"/>");
        text(svg, "", x + 42.0, 50.0, name);
    }
    let _ = writeln!(
        svg,
        "<rect class=\"old frame\" x=\"{LEFT:.1}\" y=\"61\" width=\"34\" height=\"13\"/>"
    );
    text(svg, "", LEFT + 42.0, 72.0, "attributes: last known value, from the fallback");
}

/// Shades the time in which the server is sick, and names each spell.
fn spells(svg: &mut String) {
    let ends = SPELLS.iter().skip(1).map(|(from, _)| Duration::from_millis(*from));
    for ((from, spell), end) in SPELLS.iter().zip(ends.chain([LENGTH])) {
        let (left, right) = (x(Duration::from_millis(*from)), x(end));
        let (width, bottom) = (right - left, CIRCUIT + FLAT);
        if spell.is_sick() {
            let height = bottom - NAMES;
            let _ = writeln!(
                svg,
                "<rect class=\"sick\" x=\"{left:.1}\" y=\"{NAMES:.1}\" width=\"{width:.1}\" \
                 height=\"{height:.1}\"/>"
            );
        }
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left:.1} {NAMES:.1}V{bottom:.1}\"/>");
        let name = match spell {
            Spell::Healthy => "healthy",
            Spell::Blips => "blips",
            Spell::Slow => "slow",
            Spell::Hang => "hangs",
            Spell::Outage => "down",
        };
        text(svg, "middle", f64::midpoint(left, right), NAMES + 17.0, name);
    }
}

fn attempts(svg: &mut String, tallies: &[Tally; 3]) {
    let counts = tallies.each_ref().map(|tally| count(tally.attempts.iter().copied()));
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    let strip = Strip { top: ATTEMPTS, most: most.next_multiple_of(10) };
    strip.frame(svg, "attempts sent to the server, per quarter of a second");
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
    strip.frame(svg, "calls that ended in an error, by the time of their start");
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
    text(svg, "", LEFT, CIRCUIT - 8.0, "circuit of the attributes (grey: half-open, one probe)");
    let begins = [(Duration::ZERO, CircuitState::Closed)];
    let states: Vec<_> = begins.iter().chain(&tally.transitions).collect();
    // A probe that ends at once stays visible: it is drawn last, and has a least width.
    let mut probes = String::new();
    for (index, (from, state)) in states.iter().enumerate() {
        let end = states.get(index + 1).map_or(LENGTH, |(next, _)| *next);
        let (left, right) = (x(*from), x(end));
        match state {
            CircuitState::HalfOpen => block(&mut probes, "half", left, right.max(left + 3.0)),
            CircuitState::Closed => {
                block(svg, "closed", left, right);
                if right - left > 50.0 {
                    text(svg, "middle", f64::midpoint(left, right), CIRCUIT + 17.5, "closed");
                }
            }
            _ => {
                block(svg, "open", left, right);
                text(svg, "in-open", f64::midpoint(left, right), CIRCUIT + 16.5, "open");
            }
        }
    }
    svg.push_str(&probes);
}

fn block(svg: &mut String, class: &str, left: f64, right: f64) {
    let width = right - left;
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{CIRCUIT:.1}\" width=\"{width:.1}\" \
         height=\"{FLAT:.1}\"/>"
    );
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
