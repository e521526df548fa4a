//! The outputs in the guide are those of its programs, which run on a paused clock.
//!
//! A comment before a block names the program: `<!-- output: step_3 -->`, or `<!-- output:
//! ten_minutes overrides.toml -->` with a file of overrides. With `UPDATE_DOCS=1`, the test writes
//! the outputs instead of comparing them. Lines of more than 90 columns are folded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ten-minutes.md")
}

fn program(name: &str) -> &'static str {
    match name {
        "step_0" => env!("CARGO_BIN_EXE_step_0"),
        "step_1" => env!("CARGO_BIN_EXE_step_1"),
        "step_2" => env!("CARGO_BIN_EXE_step_2"),
        "step_3" => env!("CARGO_BIN_EXE_step_3"),
        "step_4" => env!("CARGO_BIN_EXE_step_4"),
        "step_5" => env!("CARGO_BIN_EXE_step_5"),
        "step_6" => env!("CARGO_BIN_EXE_step_6"),
        "step_7" => env!("CARGO_BIN_EXE_step_7"),
        "ten_minutes" => env!("CARGO_BIN_EXE_ten_minutes"),
        _ => panic!("there is no program `{name}`"),
    }
}

fn output(program_and_file: &str) -> String {
    let mut words = program_and_file.split(' ');
    let mut command = Command::new(program(words.next().unwrap()));
    command.env("FAST", "1").env_remove("RESILIENT_OVERRIDES").env_remove("RUST_LOG");
    if let Some(file) = words.next() {
        command.env("RESILIENT_OVERRIDES", Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program_and_file}: {output:?}");
    folded(&String::from_utf8(output.stdout).unwrap())
}

/// Breaks long lines between words.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    for line in text.lines() {
        let mut columns = 0;
        for word in line.split_inclusive(' ') {
            let width = word.chars().count();
            if columns + width > 90 {
                folded.truncate(folded.trim_end().len());
                folded.push_str("\n        ");
                columns = 8;
            }
            folded.push_str(word);
            columns += width;
        }
        folded.push('\n');
    }
    folded
}

/// Replaces times in milliseconds by dots, because delays are random.
fn without_random_times(text: &str) -> String {
    let word = |word: &str| {
        let number = word.strip_suffix("ms").and_then(|number| number.parse::<f64>().ok());
        if number.is_some() && !word.starts_with("500") {
            "…ms".to_owned()
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| line.trim_end().split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the page with the outputs of the programs in its blocks, and the number of blocks.
fn with_outputs(page: &str) -> (String, usize) {
    let mut lines = page.lines();
    let (mut text, mut blocks) = (String::new(), 0);
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let name = line.strip_prefix("<!-- output: ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some(name) = name else { continue };
        blocks += 1;
        assert_eq!(lines.next(), Some("```text"), "after {line}");
        let shown: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let (shown, printed) = (shown.join("\n"), output(name));
        let is_equal = without_random_times(&shown) == without_random_times(&printed);
        let block = if is_equal { &shown } else { printed.trim_end() };
        text.push_str(&format!("```text\n{block}\n```\n"));
    }
    (text, blocks)
}

#[test]
fn the_guide_shows_what_its_programs_print() {
    let shown = fs::read_to_string(page()).unwrap();
    let (printed, blocks) = with_outputs(&shown);
    assert_eq!(blocks, 9, "blocks with an output");
    assert!(shown.contains(include_str!("../overrides.toml")), "it shows another file");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(page(), printed).unwrap();
    } else {
        assert!(shown == printed, "write them: UPDATE_DOCS=1 cargo test -p example-ten-minutes");
    }
}

#[test]
fn an_output_that_differs_is_found() {
    let page = "a\n<!-- output: step_0 -->\n```text\nhealthy:   1998 cents\n```\nb\n";
    let (printed, blocks) = with_outputs(page);
    assert_eq!((printed, blocks), (page.replace("1998", "1999"), 1));
    assert_eq!(without_random_times("failure 1.5ms ago"), without_random_times("failure 20ms ago"));
    assert_ne!(without_random_times("failure 1.5ms ago"), without_random_times("success 1ms ago"));
}
