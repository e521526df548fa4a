//! Draws in the terminal what the retries of a policy wait, to choose one with one's eyes.
//!
//! ```text
//! cargo run --example schedule -- --base 100ms --factor 2 --max 10s --jitter full
//! cargo run --example schedule -- --help
//! ```
//!
//! You see, for each retry, its delay before jitter, the shortest and the longest one after it, how the delays of many calls
//! spread, and how long calls have slept by then; and at the end what a call comes to at worst. It ends with code 2 where it
//! does not understand what it is asked.

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
            eprintln!("error: {wrong}\n`--help` says what there is.");
            ExitCode::from(2)
        }
    }
}

/// A reader that has seen enough is no failure.
fn show(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
