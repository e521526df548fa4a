//! Compares the measurements with the goals, and formats a table. A missed goal is only reported.
//! Only the guard can reject a change.

use std::fmt::Write as _;

use super::Measured;
use crate::runners::count::Counts;
use crate::runners::threads;
use crate::table::{BARE, OURS, Scenario};

/// A difference of two times that is below this value is noise.
const NOISE_NS: f64 = 0.6;

/// A row of the table of goals.
pub(super) struct Goal {
    pub(super) what: &'static str,
    pub(super) goal: &'static str,
    pub(super) measured: String,
    /// Whether the goal is met, or `None` if this run could not measure it.
    pub(super) met: Option<bool>,
}

impl Measured<'_> {
    /// Divides our time by the time of another library. Both times are from the loop with stores.
    pub(super) fn ratio(
        &self,
        what: &'static str,
        scenario: Scenario,
        ours: &str,
        peer: &str,
        goal: &'static str,
        most: f64,
    ) -> Goal {
        let (Some(a), Some(b)) = (self.time(scenario, ours), self.time(scenario, peer)) else {
            return Goal { what, goal, measured: format!("{peer} is not built"), met: None };
        };
        let ratio = a.s / b.s;
        let measured = format!("{ratio:.2} × {peer} ({:.1} and {:.1} ns)", a.s, b.s);
        Goal { what, goal, measured, met: Some(ratio <= most) }
    }

    /// Compares our counts with their limits.
    pub(super) fn counts(
        &self,
        what: &'static str,
        scenario: Scenario,
        goal: &'static str,
        most: [f64; 4],
    ) -> Goal {
        let values = self.own(scenario, OURS).values();
        let limited =
            Counts::NAMES.iter().zip(values).zip(most).filter(|(_, most)| most.is_finite());
        let measured: Vec<String> = limited
            .map(|((name, value), _)| format!("{:.1} {name}", value + 0.0).replace(".0 ", " "))
            .collect();
        let met = values.iter().zip(most).all(|(value, most)| *value <= most + 0.005);
        Goal { what, goal, measured: measured.join(", "), met: Some(met) }
    }

    pub(super) fn added(&self, shape: &'static str, goal: &'static str, most: usize) -> Goal {
        let of = self.futures.iter().find(|size| size.library == OURS && size.shape == shape);
        let added = of.map_or(0, |size| size.added);
        Goal {
            what: shape,
            goal,
            measured: format!("{added} bytes more than bare"),
            met: Some(added <= most),
        }
    }

    pub(super) fn weight(&self, what: &'static str, goal: &'static str, most: usize) -> Goal {
        let bytes = self.weights.iter().find(|row| row.0 == what).and_then(|row| row.1);
        let measured = bytes.map_or("not measured".to_owned(), |bytes| format!("{bytes} bytes"));
        Goal { what, goal, measured, met: bytes.map(|bytes| bytes <= most) }
    }

    pub(super) fn scales(&self, scenario: Scenario, what: &'static str) -> Goal {
        const LEAST: f64 = 1.8;
        let goal = "scales ≥ × 1.8";
        let rows = self.scaling.iter().find(|row| row.0 == scenario).map(|row| &row.1);
        let find = |library: &str| rows?.iter().find(|row| row.library == library);
        let (Some(ours), Some(bare)) = (find(OURS), find(BARE)) else {
            return Goal { what, goal, measured: "not measured".to_owned(), met: None };
        };
        let ((low, high), by) = (threads::range(&ours.two), ours.scale());
        let measured = format!(
            "× {by:.2}, the bare call × {:.2}; {low:.1} to {high:.1} ns per call",
            bare.scale()
        );
        // Bare calls share no memory. If even they do not scale, the machine had too few cores for
        // the threads, and the goal is not decided.
        let had_cores = bare.scale() >= LEAST;
        Goal { what, goal, measured, met: (by >= LEAST || had_cores).then_some(by >= LEAST) }
    }

    /// Compares our time with the time of another library. A difference within the noise counts as
    /// met.
    pub(super) fn ties(&self, peer: &'static str) -> Goal {
        let what = "retry, first attempt succeeds";
        let goal = "ties or wins";
        let (Some(a), Some(b)) =
            (self.time(Scenario::RetryAsync, OURS), self.time(Scenario::RetryAsync, peer))
        else {
            return Goal { what, goal, measured: format!("{peer} is not built"), met: None };
        };
        Goal {
            what,
            goal,
            measured: format!("{:.1} ns, {peer} {:.1}", a.s, b.s),
            met: Some(a.s <= b.s + NOISE_NS),
        }
    }

    /// Formats the goals as a table in Markdown.
    pub fn goals_table(&self) -> String {
        let mut text = String::from("| | goal | measured | |\n|---|---|---|---|\n");
        let goals = self.goals();
        for Goal { what, goal, measured, met } in &goals {
            let verdict = match met {
                Some(true) => "met",
                Some(false) => "**missed**",
                None => "undecided",
            };
            let measured = measured.trim_end_matches(", met").trim_end_matches(", missed");
            let _ = writeln!(text, "| {what} | {goal} | {measured} | {verdict} |");
        }
        let number = |met: Option<bool>| goals.iter().filter(|goal| goal.met == met).count();
        let _ = writeln!(
            text,
            "\n{} met, {} missed, {} undecided.",
            number(Some(true)),
            number(Some(false)),
            number(None)
        );
        text
    }
}
