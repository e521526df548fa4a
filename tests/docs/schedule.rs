//! The example `schedule` has the documented output and errors, and the guide shows its command.

use crate::args::{self, Asked, HELP, Request};
use crate::view;

fn read(command: &str) -> Result<Asked, String> {
    args::read(command.split_whitespace().map(str::to_owned))
}

#[track_caller]
fn request(command: &str) -> Request {
    match read(command) {
        Ok(Asked::Schedule(request)) => request,
        other => panic!("{command} is {other:?}"),
    }
}

fn drawn(command: &str) -> String {
    view::draw(&request(command), false)
}

#[track_caller]
fn refused(command: &str) -> String {
    read(command).expect_err("it must be refused")
}

#[test]
fn the_command_of_the_guide_draws_the_default_policy() {
    let guide = include_str!("../../docs/retries.md");
    let commands: Vec<_> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("cargo run --example schedule -- "))
        .collect();
    let [command] = commands[..] else {
        panic!("one command, not {commands:?}");
    };
    assert_eq!(drawn(command), drawn(""));
}

#[test]
fn a_fixed_seed_draws_the_documented_delays() {
    let text =
        drawn("--max 400ms --jitter equal --retries 4 --seed 5 --draws 1000 --attempt-timeout 2s");
    assert_eq!(text, include_str!("schedule.txt"), "{text}");
}

#[test]
fn every_line_fits_into_eighty_columns() {
    for command in [
        "",
        "--base 1ns --factor 1.0000001 --max 1095727500d --retries 4294967295 \
         --attempt-timeout 213302d",
        "--base 999.6ms --jitter 99% --backoff fibonacci --max 99999d --retries 30",
        "--jitter smooth --retries 12",
        "--jitter decorrelated --retries 20 --max 1000h",
        "--base 0s --draws 1",
        "--retries 0",
    ] {
        let text = view::draw(&request(&format!("{command} --draws 50")), false);
        for line in text.lines().chain(HELP.lines()) {
            assert!(line.chars().count() <= 80, "{command}: {line}");
            assert_eq!(line.trim_end(), line);
        }
        assert!(text.contains("At worst: "), "{text}");
    }
}

#[test]
fn without_a_terminal_there_are_no_escapes() {
    let request = request("--draws 10");
    assert!(!view::draw(&request, false).contains('\x1b'));
    assert!(view::draw(&request, true).contains("\x1b[1m"));
}

#[test]
fn the_worst_case_is_printed_with_and_without_attempts() {
    assert!(drawn("--retries 3").contains("4 attempts and 700ms of sleep"));
    assert!(drawn("--retries 3 --attempt-timeout 2s").contains("8.7s for the whole call"));
    assert!(drawn("--retries 9 --jitter none --max-elapsed 1s").contains("4 attempts and 700ms"));
    assert!(drawn("--retries 0").contains("1 attempt and 0 of sleep"));
}

#[test]
fn both_forms_of_an_option_mean_the_same() {
    assert_eq!(drawn("--jitter=20% --base=1s"), drawn("--jitter 20% --base 1s"));
    assert!(drawn("--jitter 0.2").contains("jitter of 0.2"));
}

#[test]
fn help_names_every_option_and_no_other() {
    assert!(matches!(read("--base 1s --help"), Ok(Asked::Help)));
    assert!(matches!(read("-h"), Ok(Asked::Help)));
    let named = HELP.split_whitespace().filter(|word| word.starts_with("--"));
    for option in named.filter(|word| *word != "--" && *word != "--example") {
        let error = read(option).err().unwrap_or_default();
        assert!(option == "--help" || error.contains("needs a value"), "{option}: {error}");
    }
}

#[test]
fn an_invalid_option_is_reported_with_the_valid_ones() {
    for (command, words) in [
        ("--jiter full", "did you mean `--jitter`?"),
        ("--colour", "is not an option"),
        ("schedule", "is not an option"),
        ("--base", "needs a value"),
        ("--base 100", "is not a duration, as in 100ms"),
        ("--jitter some", "one of `full`, `equal`"),
        ("--jitter 150%", "between 0 and 1"),
        ("--backoff quick", "`exponential`, `constant`, `linear`, `fibonacci`"),
        ("--factor two", "a number, as in 1.5"),
        ("--factor 0.5", "at least 1"),
        ("--factor 2 --jitter smooth", "exponential backoff only"),
        ("--retries -1", "a whole number"),
        ("--retries 4294967296", "a whole number"),
        ("--draws 0", "1 to 100000"),
        ("--base 20s", "`--base`: `base_delay` is 20s"),
        ("--max 1ms", "`--max`: `max_delay` is 1ms"),
        ("--max-elapsed 0s", "longer than zero"),
    ] {
        let error = refused(command);
        assert!(error.contains(words), "{command}: {error}");
    }
}
