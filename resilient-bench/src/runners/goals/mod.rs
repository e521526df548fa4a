//! Measures once everything that the goals and the README need.

mod figures;
mod list;
mod table;

pub use figures::write;

use std::path::Path;

use crate::runners::count::{self, Counts, Row};
use crate::runners::threads::{self, Scaling};
use crate::runners::time::{self, Timed};
use crate::runners::{futures, guard, weights};
use crate::table::{Scenario, Table};

/// All measurements.
pub struct Measured<'a> {
    table: &'a Table,
    times: Vec<(Scenario, Vec<Timed>)>,
    scaling: Vec<(Scenario, Vec<Scaling>)>,
    /// The counts of our cases and of the bare calls, in the build without the feature `peers`. The
    /// guard counts the same cases.
    own: Vec<Row>,
    /// The counts of all cases, in the build with the feature `peers`.
    all: Vec<Row>,
    futures: Vec<futures::FutureSize>,
    weights: Vec<(&'static str, Option<usize>)>,
    growth: Option<usize>,
    /// The output of `compile-time`.
    compile: String,
}

impl<'a> Measured<'a> {
    /// # Errors
    ///
    /// Returns a message that says why counting failed.
    pub fn take(table: &'a Table, own: &Path, compile: &Path) -> Result<Self, String> {
        eprintln!("counts…");
        let own = count::net(&count::gross_in(own, table, &guard::names(table))?);
        let all = count::net(&count::gross(table, &[])?);
        let times = Scenario::ALL.map(|scenario| {
            eprintln!("times: {}…", scenario.name());
            (scenario, time::scenario(table, scenario, time::ROUNDS))
        });
        let scaling = threads::SCENARIOS.map(|scenario| {
            eprintln!("threads: {}…", scenario.name());
            (scenario, threads::scenario(table, scenario, threads::REPETITIONS))
        });
        eprintln!("sizes…");
        Ok(Self {
            table,
            times: times.into(),
            scaling: scaling.into(),
            own,
            all,
            futures: futures::futures(),
            weights: weights::WEIGHED
                .iter()
                .map(|what| (*what, weights::weigh_apart(what)))
                .collect(),
            growth: weights::weigh_apart(weights::GROWTH),
            compile: std::fs::read_to_string(compile).unwrap_or_default(),
        })
    }

    fn time(&self, scenario: Scenario, library: &str) -> Option<&Timed> {
        let (_, rows) = self.times.iter().find(|row| row.0 == scenario)?;
        rows.iter().find(|row| row.library == library)
    }

    /// Returns the counts of our case in the build without the feature `peers`.
    fn own(&self, scenario: Scenario, library: &str) -> Counts {
        self.own
            .iter()
            .find(|row| row.0 == scenario && row.1 == library)
            .map(|row| row.2)
            .unwrap_or_default()
    }
}
