//! The list of goals. Each goal is a row of the table.

use super::Measured;
use super::table::Goal;
use crate::cases::ours::COARSE;
use crate::runners::futures;
use crate::table::{OURS, Scenario};

impl Measured<'_> {
    pub(super) fn goals(&self) -> Vec<Goal> {
        const ANY: f64 = f64::INFINITY;
        let plain = "plain function, closed, consecutive";
        let calls = "window of the last 100 calls";
        let minute = "time window, 60 s";
        let traffic = {
            let (quiet, busy) =
                (self.own(Scenario::TimeWindow, OURS), self.own(Scenario::TimeWindowBusy, OURS));
            Goal {
                what: minute,
                goal: "cost independent of traffic",
                measured: format!(
                    "{:.0} instructions, {:.0} with 10 000 calls in it",
                    quiet.instructions, busy.instructions
                ),
                met: Some(busy.instructions <= quiet.instructions * 1.02),
            }
        };
        let grown = Goal {
            what: "memory, after 10^6 calls, 2 000 transitions and 1 000 threads",
            goal: "constant: grows ≤ 64 KiB",
            measured: self
                .growth
                .map_or("not measured".to_owned(), |bytes| format!("{} KiB more", bytes / 1_024)),
            met: self.growth.map(|bytes| bytes <= 65_536),
        };
        let mut goals = vec![
            self.ratio(plain, Scenario::Plain, OURS, "nobreak", "≤ 0.15 × nobreak", 0.15),
            self.ratio(plain, Scenario::Plain, OURS, "ferryman", "≤ 1.0 × ferryman", 1.0),
            self.counts(
                plain,
                Scenario::Plain,
                "≤ 32 instructions, totals included; 0, 0, 0",
                [32.0, 0.0, 0.0, 0.0],
            ),
            self.counts(
                "async function",
                Scenario::Async,
                "≤ 45 instructions over the bare function",
                [45.0, ANY, ANY, ANY],
            ),
            self.ratio(
                "async function",
                Scenario::Async,
                OURS,
                "arcly-http",
                "ahead of arcly-http",
                1.0,
            ),
            self.scales(Scenario::Plain, "plain function, 2 threads on one breaker"),
            self.scales(Scenario::Async, "async function, 2 threads on one breaker"),
            self.ratio(
                calls,
                Scenario::Window,
                OURS,
                "recloser",
                "all successes ≤ 0.2 × recloser",
                0.2,
            ),
            self.ratio(
                calls,
                Scenario::WindowFailures,
                OURS,
                "recloser",
                "with failures ≤ 0.6 × recloser",
                0.6,
            ),
            self.ratio(
                calls,
                Scenario::WindowFailure,
                OURS,
                "recloser",
                "a failure ≤ 1.25 × recloser",
                1.25,
            ),
            self.counts(minute, Scenario::TimeWindow, "≤ 1 clock read", [ANY, ANY, 1.0, ANY]),
            self.ratio(minute, Scenario::TimeWindow, OURS, "failsafe", "≤ 0.4 × failsafe", 0.4),
            self.ratio(minute, Scenario::TimeWindow, OURS, "seatbelt", "≤ 0.4 × seatbelt", 0.4),
            traffic,
            self.ratio(
                "time window, a coarse clock",
                Scenario::TimeWindow,
                COARSE,
                "failsafe",
                "≤ 0.12 × failsafe",
                0.12,
            ),
            self.ratio(
                "time window, a coarse clock",
                Scenario::TimeWindow,
                COARSE,
                "seatbelt",
                "≤ 0.12 × seatbelt",
                0.12,
            ),
            self.counts("slow calls", Scenario::Slow, "≤ 2 clock reads", [ANY, ANY, 2.0, ANY]),
            self.ratio(
                "slow calls",
                Scenario::Slow,
                OURS,
                "circuitbreaker-rs",
                "≤ 0.7 × circuitbreaker-rs",
                0.7,
            ),
            self.counts(
                "rejection",
                Scenario::Rejected,
                "one clock read, no allocation",
                [ANY, ANY, 1.0, 0.0],
            ),
            self.ratio(
                "rejection",
                Scenario::Rejected,
                OURS,
                "ferryman",
                "≤ 1.05 × ferryman",
                1.05,
            ),
            self.ratio(
                "by key, 10 000 strings, all in turn",
                Scenario::KeyString,
                OURS,
                "allframe",
                "≤ 0.45 × allframe",
                0.45,
            ),
            self.ratio(
                "by key, 10 000 strings, 64 in turn",
                Scenario::KeyHot,
                OURS,
                "allframe",
                "≤ 0.45 × allframe",
                0.45,
            ),
            self.counts(
                "by key, 10 000 strings",
                Scenario::KeyString,
                "no allocation on a hit",
                [ANY, ANY, ANY, 0.0],
            ),
            self.ties("again"),
            self.ties("tryhard"),
            self.counts(
                "retry, first attempt succeeds, plain",
                Scenario::RetryPlain,
                "≤ 8 instructions; 0, 0, 0",
                [8.0, 0.0, 0.0, 0.0],
            ),
            self.counts(
                "retry, first attempt succeeds, async",
                Scenario::RetryAsync,
                "≤ 8 instructions; 0, 0, 0",
                [8.0, 0.0, 0.0, 0.0],
            ),
            self.ratio(
                "one jittered delay",
                Scenario::Delay,
                OURS,
                "failsafe",
                "≤ 0.5 × failsafe",
                0.5,
            ),
            self.added(futures::BY_FUTURE, "≤ 16 bytes and the permit", 16 + futures::PERMIT),
            self.added(
                futures::BY_ASYNC,
                "≤ 16 bytes, the permit and one copy of the arguments",
                16 + futures::PERMIT + futures::ARGUMENT,
            ),
            self.added(
                futures::BY_RETRY,
                "≤ 16 bytes, the retries' state and one copy of the arguments",
                16 + futures::RETRY + futures::ARGUMENT,
            ),
            self.added(
                futures::BY_BOTH,
                "≤ 32 bytes, both states and one copy of the arguments",
                32 + futures::PERMIT + futures::RETRY + futures::ARGUMENT,
            ),
            self.weight("resilient, consecutive", "≤ 2 KiB", 2_048),
            self.weight("resilient, last 100 calls", "≤ 3 KiB", 3_072),
            self.weight("resilient, 60 s in 10 buckets", "≤ 3 KiB", 3_072),
            grown,
        ];
        goals.extend(self.compile_goals());
        goals
    }

    /// Reads the lines in the output of `compile-time` that begin with `goal`. Each line has a name
    /// and a figure, and ends with `met` or `missed`.
    fn compile_goals(&self) -> Vec<Goal> {
        let compiled = [
            (
                "compile time, 1 000 functions with both attributes, check",
                "check",
                "≤ 1 × tracing::instrument",
            ),
            (
                "compile time, 1 000 functions with both attributes, build",
                "build",
                "≤ 1 × tracing::instrument",
            ),
            ("compile time, the macro crate alone", "macros", "≤ 1.3 × syn alone"),
        ];
        let line_of = |name: &str| {
            let mut lines = self.compile.lines().filter_map(|line| line.strip_prefix("goal "));
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
        };
        let goals = compiled.map(|(what, name, goal)| match line_of(name) {
            Some(line) => {
                Goal { what, goal, measured: line.clone(), met: Some(line.ends_with("met")) }
            }
            None => Goal { what, goal, measured: "not measured".to_owned(), met: None },
        });
        goals.into()
    }
}
