//! A ten-second outage, and how a function with the two attributes behaves in it.
//!
//! ```text
//! cargo run --example outage             a real TCP server on loopback, ten seconds
//! cargo run --example outage -- --fast   in memory on a paused clock, done at once
//! ```
//!
//! Five callers ask a server for its stock while the server responds, slows down, refuses
//! connections, resets them and recovers. The callers use the function `Inventory::stock` below,
//! and the terminal shows their calls live. Look for
//!
//! - the retries: they rescue calls whose connection was lost, and some while the server is slow,
//! - the breaker: it opens after five consecutive failures and then rejects calls at once,
//! - the probes: while the server is down, the breaker lets one call per second through. The first
//!   successful probe closes the circuit.
//!
//! Meanwhile, two more servers on the same schedule get the same load. The callers of one server
//! have no protection, and the callers of the other make naive retries. The table at the end
//! compares all three.

mod callers;
mod report;
mod schedule;
mod server;
mod view;
mod wire;

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};
use tokio::runtime::{Builder, Runtime};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::callers::{Strategy, Tally};
use crate::schedule::Schedule;
use crate::view::View;
use crate::wire::{Port, Wire};

/// The time limit of a call. Without the limit, a call to a hanging server would never fail.
const PATIENCE: Duration = Duration::from_millis(250);

/// One caller's connection to the server.
struct Inventory {
    caller: usize,
    server: Wire,
    view: View,
}

impl Inventory {
    #[retry(
        max_retries = 3,
        base_delay = "50ms",
        on_retry = |retry| self.view.retrying(self.caller, retry),
    )]
    #[circuit_breaker(name = "inventory", failure_threshold = 5, recovery_time = "1s")]
    async fn stock(&self, sku: &str) -> Result<u32, InventoryError> {
        Ok(timeout(PATIENCE, self.server.ask(sku)).await??)
    }
}

#[derive(Debug)]
enum InventoryError {
    NoAnswer(Elapsed),
    Connection(io::Error),
    Rejected(CircuitOpen),
}

impl From<Elapsed> for InventoryError {
    fn from(elapsed: Elapsed) -> Self {
        Self::NoAnswer(elapsed)
    }
}

impl From<io::Error> for InventoryError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<CircuitOpen> for InventoryError {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(_) => write!(f, "no answer within {PATIENCE:?}"),
            Self::Connection(error) => write!(f, "{}", error.kind()),
            Self::Rejected(open) => write!(f, "{open}"),
        }
    }
}

impl std::error::Error for InventoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoAnswer(elapsed) => Some(elapsed),
            Self::Connection(error) => Some(error),
            Self::Rejected(open) => Some(open),
        }
    }
}

// The rest of this file is the demonstration.

const USAGE: &str = "\
An outage in ten seconds, with and without #[retry] and #[circuit_breaker].

Usage: cargo run --example outage [-- --fast]

  --fast   in memory and on a paused clock: done at once, and the same every time
  --help   this text

Colour goes to terminals only, and not if NO_COLOR is set.";

/// How the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The program uses TCP in real time.
    Real,
    /// The program uses memory on a paused clock.
    Fast,
}

fn main() -> ExitCode {
    let mut mode = Mode::Real;
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--fast") => mode = Mode::Fast,
            Some("--help") => {
                view::print_quietly(USAGE);
                return ExitCode::SUCCESS;
            }
            _ => {
                let argument = argument.to_string_lossy();
                eprintln!("outage: unknown argument `{argument}`: it takes `--fast` or `--help`");
                return ExitCode::from(2);
            }
        }
    }
    match runtime(mode).and_then(|runtime| runtime.block_on(demonstrate(mode))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outage: {error}");
            ExitCode::FAILURE
        }
    }
}

fn runtime(mode: Mode) -> io::Result<Runtime> {
    match mode {
        Mode::Real => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        Mode::Fast => {
            // With one thread and a fixed seed, every run prints the same output.
            resilient::testing::seed_thread(1);
            Builder::new_current_thread().enable_all().start_paused(true).build()
        }
    }
}

async fn demonstrate(mode: Mode) -> io::Result<()> {
    // The ports are bound before the first call, so no caller has to wait for a server.
    let ports = [Port::open(mode)?, Port::open(mode)?, Port::open(mode)?];
    let schedule = Schedule::starting_now();
    let view = View::new(schedule);
    let listener = Registry::global().on_event({
        let view = view.clone();
        move |event| view.event(event)
    });
    tokio::select! {
        tallies = run(ports, schedule, &view) => view.print(&report::report(&tallies?)),
        // The reader closed the pipe.
        () = view.closed() => {}
    }
    Registry::global().remove_listener(listener);
    Ok(())
}

/// Runs the three strategies at the same time.
async fn run(ports: [Port; 3], schedule: Schedule, view: &View) -> io::Result<[Tally; 3]> {
    let [bare, naive, protected] = ports;
    let (bare, naive, protected, ()) = tokio::try_join!(
        callers::run(Strategy::Bare, bare, schedule, view),
        callers::run(Strategy::Naive, naive, schedule, view),
        callers::run(Strategy::Protected, protected, schedule, view),
        async {
            view.narrate().await;
            Ok(())
        },
    )?;
    view.summary();
    Ok([bare, naive, protected])
}
