//! The fast run: what it claims holds for five seeds, and the README and the drawing show it.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::{env, fs};

use resilient::Registry;

use crate::callers::{Ending, Tally};
use crate::options::{self, Command, HELP, Options};
use crate::report::{Row, millis};
use crate::schedule::{Clock, Schedule, Spell};
use crate::view::View;
use crate::{Mode, demonstrate, drawing, runtime};

/// What a fast run printed and counted.
struct Run {
    output: String,
    tallies: [Tally; 3],
}

/// All runs use the breaker `inventory`, so one run follows another.
static ONE_RUN: Mutex<()> = Mutex::new(());

/// The runs of seeds 1 to 5.
static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| (1..=5).map(|seed| run(seed, false)).collect());

fn run(seed: u64, coloured: bool) -> Run {
    let _turn = ONE_RUN.lock().unwrap_or_else(PoisonError::into_inner);
    Registry::global().named("inventory").close();
    let written = Written::default();
    let tallies = runtime(Mode::Fast, seed).unwrap().block_on(async {
        let view = View::new(Clock::starting_now(), Box::new(written.clone()), coloured);
        demonstrate(Mode::Fast, seed, &view).await
    });
    let output = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    Run { output, tallies: tallies.unwrap().expect("nobody closes the output") }
}

#[derive(Debug, Default, Clone)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn with_the_attributes_errors_load_and_waits_are_fewer_than_with_both_others_for_five_seeds() {
    for (seed, run) in (1..).zip(RUNS.iter()) {
        let [bare, naive, protected] = run.tallies.each_ref().map(Row::of);
        assert!(protected.errors * 10 <= bare.errors * 7, "seed {seed}: {protected:?} {bare:?}");
        assert!(protected.errors < naive.errors, "seed {seed}: {protected:?} {naive:?}");
        assert!(protected.load * 2 <= naive.load, "seed {seed}: {protected:?} {naive:?}");
        assert!(protected.load < bare.load, "seed {seed}: {protected:?} {bare:?}");
        assert!(protected.p99 * 2 <= naive.p99, "seed {seed}: {protected:?} {naive:?}");
        assert!(protected.p99 < bare.p99, "seed {seed}: {protected:?} {bare:?}");
    }
}

#[test]
fn in_blips_no_call_with_the_attributes_ends_in_an_error_for_five_seeds() {
    for (seed, run) in (1..).zip(RUNS.iter()) {
        let [bare, _, protected] = run.tallies.each_ref().map(Row::of);
        assert!(bare.errors_in_blips >= 5, "seed {seed}: {bare:?}");
        assert_eq!(protected.errors_in_blips, 0, "seed {seed}: {protected:?}");
    }
}

#[test]
fn retries_alone_rescue_the_calls_in_the_blips_that_the_readme_shows() {
    // With other seeds, blips may open the circuit, and the fallback helps.
    let calls = RUNS[0].tallies[2].calls.iter();
    let mut in_blips = calls.filter(|call| Spell::at(call.start) == Spell::Blips);
    assert!(in_blips.all(|call| call.ending == Ending::Fresh));
}

#[test]
fn all_strategies_make_the_same_calls_against_the_same_faults() {
    for run in RUNS.iter() {
        let starts = |tally: &Tally| tally.calls.iter().map(|call| call.start).collect::<Vec<_>>();
        let [bare, naive, protected] = run.tallies.each_ref().map(starts);
        assert_eq!(bare, naive);
        assert_eq!(bare, protected);
    }
    let faults = |seed| {
        let schedule = Schedule::new(Clock::starting_now(), seed);
        schedule.faults().collect::<Vec<_>>()
    };
    assert_eq!(faults(1), faults(1));
    assert_ne!(faults(1), faults(2));
    let ends: Vec<_> = faults(3).into_iter().filter_map(|(_, end)| end).collect();
    assert!(ends.is_sorted(), "{ends:?}");
}

#[test]
fn a_fast_run_repeats_exactly() {
    let again = run(1, false);
    assert_eq!(again.output, RUNS[0].output);
    assert_eq!(drawing::draw(&again.tallies), drawing::draw(&RUNS[0].tallies));
}

#[test]
fn every_line_fits_into_eighty_columns_with_and_without_colour() {
    let coloured = (1..=5).map(|seed| run(seed, true).output);
    for (output, coloured) in RUNS.iter().map(|run| &run.output).zip(coloured) {
        assert!(!output.contains('\x1b') && coloured.contains("\x1b[32m"));
        assert_eq!(&without_colour(&coloured), output);
        for line in output.lines().chain(HELP.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.split_once('m').unwrap().1).collect::<String>()
}

#[test]
fn the_output_ends_with_one_sentence_that_repeats_the_table() {
    for run in RUNS.iter() {
        let (_, sentence) = run.output.trim_end().rsplit_once("\n\n").unwrap();
        assert!(sentence.starts_with("With the attributes, ") && sentence.ends_with('.'));
        assert!(!sentence.contains(". "), "{sentence}");
        let mut numbers = sentence.split_whitespace();
        let [bare, naive, protected] = run.tallies.each_ref().map(Row::of);
        for number in [
            protected.errors.to_string(),
            bare.errors.to_string(),
            naive.errors.to_string(),
            millis(protected.p99),
            millis(bare.p99),
            millis(naive.p99),
            protected.load.to_string(),
            bare.load.to_string(),
            naive.load.to_string(),
            protected.old.to_string(),
        ] {
            let first = number.split(' ').next();
            assert!(
                numbers.any(|word| Some(word.trim_end_matches(',')) == first),
                "{number}: {sentence}"
            );
        }
    }
}

#[test]
fn the_drawing_has_a_title_a_description_and_only_finite_numbers() {
    for run in RUNS.iter() {
        let svg = drawing::draw(&run.tallies);
        assert!(svg.contains("<title id=") && svg.contains("<desc id="));
        assert!(svg.contains("prefers-color-scheme: dark"));
        for wrong in ["NaN", "inf"] {
            assert!(!svg.contains(wrong), "{wrong:?} in {svg}");
        }
        let opened = svg.matches('<').count() - 2 * svg.matches("</").count();
        assert_eq!(opened, svg.matches("/>").count(), "unclosed elements in {svg}");
    }
}

#[test]
fn the_committed_drawing_is_that_of_the_fast_run() {
    compare(&root().join("docs/outage.svg"), &drawing::draw(&RUNS[0].tallies));
}

#[test]
fn the_readme_shows_the_output_of_the_fast_run() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    compare(&path, &with_output(&readme, &RUNS[0].output));
}

#[test]
fn a_block_that_is_not_the_output_is_replaced() {
    let output = "a SERVER    hangs\n\nThe same ten\n\nWhat the attributes\n- c\n\nWith\ne\n";
    let page = |end: &str| format!("a\n<!-- output: outage -->\n```text\n{end}```\nb\n");
    let right = page("The same ten\n\nWith\ne\n");
    assert_eq!(with_output(&page("The same ten\n"), output), right);
    assert_eq!(with_output(&right, output), right);
}

/// Fills the text block after the line `<!-- output: outage -->` with the table and the conclusion.
/// What the attributes do not improve, which stands between them, is left out.
fn with_output(page: &str, output: &str) -> String {
    const MARKER: &str = "<!-- output: outage -->\n```text\n";
    let report = &output[output.find("The same ten").unwrap()..];
    let (table, rest) = report.split_once("What the attributes").unwrap();
    let (_, conclusion) = rest.rsplit_once("\n\n").unwrap();
    let begin = page.find(MARKER).expect("the page shows the output") + MARKER.len();
    let end = begin + page[begin..].find("```").expect("the block has an end");
    let mut page = page.to_owned();
    page.replace_range(begin..end, &format!("{table}{conclusion}"));
    page
}

/// Compares a file with the text that it should have. With `UPDATE_DOCS=1`, writes the text.
fn compare(path: &Path, right: &str) {
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, right).unwrap();
    }
    assert!(
        fs::read_to_string(path).is_ok_and(|text| text == right),
        "{} is old; run `UPDATE_DOCS=1 cargo test --example outage`",
        path.display()
    );
}

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

#[test]
fn the_command_line_reads_options_and_rejects_all_else() {
    let read = |line: &str| options::read(line.split_whitespace().map(OsString::from));
    let run = |is_fast, seed, svg: Option<&str>| {
        Ok(Command::Run(Options { is_fast, seed, svg: svg.map(PathBuf::from) }))
    };
    assert_eq!(read(""), run(false, 1, None));
    assert_eq!(read("--fast --seed 7"), run(true, 7, None));
    assert_eq!(read("--svg docs/outage.svg"), run(true, 1, Some("docs/outage.svg")));
    assert_eq!(read("--fast --help"), Ok(Command::Help));
    for wrong in ["fast", "--seed", "--seed x", "--seed -1", "--svg", "--slow"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
