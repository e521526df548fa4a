//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Ten bad seconds of a server: without protection, with naive retries, and with
#[fallback], #[retry] and #[circuit_breaker].

Usage: cargo run --example outage [-- OPTIONS]

  --fast        in memory and on a paused clock: done at once, and every run
                prints the same
  --seed NUMBER other faults, other articles and other delays      [default: 1]
  --svg FILE    also draws the run into FILE; implies --fast
  --help        this text

Colour goes to terminals only, and not if NO_COLOR is set.";

/// What the user wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Run(Options),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) is_fast: bool,
    pub(crate) seed: u64,
    pub(crate) svg: Option<PathBuf>,
}

/// Reads the arguments, without the name of the program.
pub(crate) fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Command, String> {
    let mut options = Options { is_fast: false, seed: 1, svg: None };
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help") => return Ok(Command::Help),
            Some("--fast") => options.is_fast = true,
            Some("--seed") => {
                let number = arguments.next().and_then(|seed| seed.to_str()?.parse().ok());
                options.seed = number.ok_or("`--seed` needs a whole number, as in `--seed 7`")?;
            }
            Some("--svg") => {
                let path = arguments.next().ok_or("`--svg` needs a file, as in `--svg run.svg`")?;
                options.svg = Some(path.into());
                options.is_fast = true;
            }
            _ => {
                let argument = argument.to_string_lossy();
                return Err(format!("unknown argument `{argument}`; `--help` lists the arguments"));
            }
        }
    }
    Ok(Command::Run(options))
}
