//! Draws the delays of a retry policy in the terminal. The drawing helps you to choose a policy.
//!
//! ```text
//! cargo run --example schedule -- --base 100ms --factor 2 --max 10s --jitter full
//! cargo run --example schedule -- --help
//! ```
//!
//! For each retry you see its delay before jitter, the shortest and the longest delay after jitter,
//! the spread of the delays of many calls, and the total sleep of a call so far. The end shows the
//! worst case of a call. The exit code is 2 if an argument is invalid.

mod args;
mod draws;
mod view;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::args::Asked;

fn main() -> ExitCode {
    match args::read(env::args().skip(1)) {
        Ok(Asked::Help) => show(args::HELP),
        Ok(Asked::Schedule(request)) => {
            let bold = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
            show(&view::draw(&request, bold))
        }
        Err(wrong) => {
            eprintln!("error: {wrong}\n`--help` lists the options.");
            ExitCode::from(2)
        }
    }
}

/// Prints the text. If the reader closes the pipe early, that is not a failure.
fn show(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
