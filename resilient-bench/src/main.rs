//! Measures our breakers and retries, and those of other libraries. Several runners share one table
//! of cases. The scripts of this package start the runners. `README.md` explains what each runner
//! measures, and how.

mod call;
mod cases;
mod runners;
mod table;

use std::path::Path;
use std::process::ExitCode;

use runners::goals::Measured;
use runners::{count, futures, guard, weights};
use table::{Scenario, Table};

const USAGE: &str = "usage: resilient-bench COMMAND
  list                     the cases
  count [CASE…]            instructions, locked operations, clock reads and allocations per call
  time [SCENARIO…]         nanoseconds of processor time per call, libraries interleaved
  threads [SCENARIO…]      two threads on one breaker
  sizes                    bytes of futures and breakers
  guard LIMITS             compares our counts with a file; guard --set LIMITS COMPILER writes it
  goals OWN COMPILE [README MACHINE]
                           the goals; OWN is a build without peers, COMPILE the output of
                           `compile-time`
  weigh WHAT               one weight of `sizes`, in this process
  run [CASE…]              runs the cases once: `count` does this under valgrind";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let table = cases::table();
    let done = match args.first().map(String::as_str) {
        Some("list") => list(&table),
        Some("run") => {
            count::run(&table, rest);
            Ok(true)
        }
        Some("count") => count::gross(&table, rest).map(|counts| {
            count::print(&table, &count::net(&counts));
            true
        }),
        Some("guard") => match rest {
            [set, file, compiler] if set == "--set" => {
                guard::set(&table, Path::new(file), compiler).map(|()| true)
            }
            [file] => guard::check(&table, Path::new(file)),
            _ => Err(USAGE.to_owned()),
        },
        Some("sizes") => {
            futures::print();
            weights::print();
            Ok(true)
        }
        Some("weigh") => weigh(rest),
        Some("goals") => goals(&table, rest),
        Some("time") => scenarios(rest, &Scenario::ALL).map(|scenarios| {
            runners::time::print(&table, &scenarios);
            true
        }),
        Some("threads") => scenarios(rest, &runners::threads::SCENARIOS).map(|scenarios| {
            runners::threads::print(&table, &scenarios);
            true
        }),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn list(table: &Table) -> Result<bool, String> {
    for case in &table.cases {
        println!("{}", case.name());
    }
    Ok(true)
}

fn goals(table: &Table, args: &[String]) -> Result<bool, String> {
    let [own, compile, readme @ ..] = args else {
        return Err(USAGE.to_owned());
    };
    let measured = Measured::take(table, Path::new(own), Path::new(compile))?;
    let goals = measured.goals_table();
    println!("{goals}");
    if let [readme, machine] = readme {
        let figures =
            format!("{machine}\n\n## The goals\n\n{goals}\n## The figures\n{}", measured.figures());
        runners::goals::write(Path::new(readme), &figures)?;
    }
    Ok(true)
}

fn weigh(what: &[String]) -> Result<bool, String> {
    let weighs = match what {
        [what] if what == weights::GROWTH => Some(weights::growth()),
        [what] => weights::weigh(what),
        _ => None,
    };
    let bytes = weighs.ok_or("no weight has this name")?;
    println!("{bytes}");
    Ok(true)
}

fn scenarios(names: &[String], all: &[Scenario]) -> Result<Vec<Scenario>, String> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |name: &String| {
        Scenario::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
            .ok_or(format!("no scenario `{name}`"))
    };
    names.iter().map(find).collect()
}
