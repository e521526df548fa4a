//! Ten bad seconds of a server, and how a function with the attributes behaves in them.
//!
//! ```text
//! cargo run --example outage             a real TCP server on loopback: ten seconds
//! cargo run --example outage -- --fast   in memory on a paused clock: done at once
//! ```
//!
//! A shop asks an inventory server 40 times a second how many pieces of an article are in stock.
//! The server loses some connections, becomes slow, hangs and is down. The shop calls
//! `Inventory::stock` below, and the terminal shows its calls live. Look for
//!
//! - the retries: they rescue the calls whose connection was lost,
//! - the time limits: no call waits long for a server that hangs,
//! - the breaker: it opens after five consecutive failures, rejects calls at once, and admits one
//!   probe per half second. The first successful probe closes the circuit,
//! - the fallback: while the last known value is not too old, a failed call returns that value.
//!
//! Meanwhile, two more servers have the same faults at the same times, and get the same calls: one
//! from a shop without protection, the other from a shop with naive retries. The table at the end
//! compares all three.
//!
//! Read next: `callers.rs` has the two other ways to call, `schedule.rs` the faults, `report.rs`
//! the table. `--svg docs/outage.svg` draws the fast run.

mod callers;
mod drawing;
mod known;
mod options;
mod report;
mod schedule;
mod server;
#[cfg(test)]
mod tests;
mod view;
mod wire;

use std::fmt;
use std::fs;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use resilient::{CircuitOpen, Classify, Registry, TimedOut, circuit_breaker, fallback, retry};
use tokio::runtime::{Builder, Runtime};

use crate::callers::{Strategy, Tally};
use crate::known::{KnownStock, Stock};
use crate::options::{Command, Options};
use crate::schedule::{Clock, Schedule};
use crate::view::View;
use crate::wire::{Port, Wire};

/// The shop's client of the inventory server.
struct Inventory {
    server: Wire,
    known: KnownStock,
    view: View,
}

impl Inventory {
    /// Returns how many pieces of an article are in stock, or were at most two seconds ago.
    ///
    /// A healthy server responds within 15 ms, and the shop's page has 600 ms. It is safe to
    /// repeat, because it only reads.
    #[fallback(with = |error| self.last_known(article, error))]
    #[retry(
        max_retries = 3,
        base_delay = "50ms",
        attempt_timeout = "250ms",
        deadline = "600ms",
        on_retry = |retry| self.view.retrying(retry),
    )]
    #[circuit_breaker(name = "inventory", failure_threshold = 5, recovery_time = "500ms")]
    async fn stock(&self, article: &str) -> Result<Stock, StockError> {
        let pieces = self.server.ask(article).await?;
        Ok(self.known.remember(article, pieces))
    }

    /// Replaces an error by the last known value, if that is not too old.
    fn last_known(&self, article: &str, error: StockError) -> Result<Stock, StockError> {
        match self.known.last(article) {
            Some(stock) => {
                self.view.fell_back(&error, &stock);
                Ok(stock)
            }
            None => Err(error),
        }
    }
}

#[derive(Debug, Classify)]
enum StockError {
    #[transient]
    Connection(io::Error),
    #[timed_out]
    Late(TimedOut),
    #[circuit_open]
    Rejected(CircuitOpen),
}

impl From<io::Error> for StockError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "{}", error.kind()),
            Self::Late(late) => write!(f, "{late}"),
            Self::Rejected(_) => f.write_str("rejected by the circuit breaker"),
        }
    }
}

impl std::error::Error for StockError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection(error) => Some(error),
            Self::Late(late) => Some(late),
            Self::Rejected(open) => Some(open),
        }
    }
}

// The rest of this file is the demonstration.

fn main() -> ExitCode {
    match options::read(std::env::args_os().skip(1)) {
        Ok(Command::Help) => {
            View::to_terminal(Clock::starting_now()).print(options::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Run(options)) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("outage: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("outage: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    let mode = if options.is_fast { Mode::Fast } else { Mode::Real };
    let tallies = runtime(mode, options.seed)?.block_on(async {
        demonstrate(mode, options.seed, &View::to_terminal(Clock::starting_now())).await
    })?;
    match (&options.svg, tallies) {
        (Some(path), Some(tallies)) => fs::write(path, drawing::draw(&tallies))
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display()))),
        (Some(_), None) => Err(io::Error::other("no drawing: the output was closed too early")),
        (None, _) => Ok(()),
    }
}

/// How the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The program uses TCP in real time.
    Real,
    /// The program uses memory on a paused clock.
    Fast,
}

fn runtime(mode: Mode, seed: u64) -> io::Result<Runtime> {
    match mode {
        Mode::Real => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        Mode::Fast => {
            // With one thread and seeded delays, every run of a seed prints the same output.
            resilient_core::testing::seed_thread(seed);
            Builder::new_current_thread().enable_all().start_paused(true).build()
        }
    }
}

/// Runs the three strategies at the same time, and prints the story and the report. Returns `None`
/// if the reader of the output closed the pipe.
async fn demonstrate(mode: Mode, seed: u64, view: &View) -> io::Result<Option<[Tally; 3]>> {
    let schedule = Arc::new(Schedule::new(view.clock(), seed));
    // The ports are bound before the first call, so that no call has to wait for a server.
    let ports = [Port::open(mode)?, Port::open(mode)?, Port::open(mode)?];
    let listener = Registry::global().on_event({
        let view = view.clone();
        move |event| view.event(event)
    });
    let [bare, naive, protected] = ports;
    let result = tokio::select! {
        biased;
        // The reader of the output closed the pipe.
        () = view.closed() => Ok(None),
        tallies = async {
            let (bare, naive, protected, ()) = tokio::try_join!(
                callers::run(Strategy::Bare, bare, &schedule, view),
                callers::run(Strategy::Naive, naive, &schedule, view),
                callers::run(Strategy::Protected, protected, &schedule, view),
                view.narrate(),
            )?;
            let tallies = [bare, naive, protected];
            view.print(&report::report(&tallies));
            Ok(Some(tallies))
        } => tallies,
    };
    Registry::global().remove_listener(listener);
    result
}
