//! Operators change the breakers of a running program through a file.
//!
//! ```text
//! cargo run --example overrides --features toml
//!     a story of half a minute on a paused clock, done at once, with a temporary file
//!
//! RESILIENT_OVERRIDES=breakers.toml cargo run --example overrides --features toml
//!     calls the function in real time until you end it: edit the file and watch
//! ```
//!
//! `charge`, below, has a breaker whose settings are in the code. You see
//!
//! - an override that replaces them before the first call,
//! - a new threshold for a breaker in use, which keeps its streak,
//! - a new recovery time for an open circuit, which stays open,
//! - a mode that is set and removed,
//! - files that are rejected: the error names line and key, and the previous settings stay.
//!
//! Your own program needs only what is in `watch.rs`.

mod provider;
mod story;
mod view;
mod watch;

use std::env;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use resilient::{CircuitOpen, Registry, circuit_breaker};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::provider::{Down, Provider};
use crate::view::View;

/// The environment variable that names the file.
const VARIABLE: &str = "RESILIENT_OVERRIDES";

#[circuit_breaker(name = "payments", failure_threshold = 5, recovery_time = "30s")]
async fn charge(provider: &Provider, cents: u64) -> Result<u64, ChargeError> {
    Ok(provider.take(cents).await?)
}

#[derive(Debug)]
enum ChargeError {
    Down(Down),
    Rejected(CircuitOpen),
}

impl From<Down> for ChargeError {
    fn from(down: Down) -> Self {
        Self::Down(down)
    }
}

impl From<CircuitOpen> for ChargeError {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(down) => write!(f, "{down}"),
            Self::Rejected(open) => write!(f, "{open}"),
        }
    }
}

impl std::error::Error for ChargeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Down(down) => Some(down),
            Self::Rejected(open) => Some(open),
        }
    }
}

fn main() -> ExitCode {
    if let Some(argument) = env::args_os().nth(1) {
        let argument = argument.to_string_lossy();
        eprintln!("overrides: unknown argument `{argument}`: use the variable {VARIABLE}");
        return ExitCode::from(2);
    }
    let file = env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let result = match file {
        Some(file) => run(false, follow(file.into())),
        None => run(true, story::tell()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overrides: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(is_paused: bool, program: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_all().start_paused(is_paused);
    runtime.build()?.block_on(program)
}

/// Makes calls in real time, and loads the given file at the start and after each change. The
/// provider is down for ten of every twenty seconds.
async fn follow(file: PathBuf) -> io::Result<()> {
    let view = View::new();
    view.listen(Registry::global());
    let provider = Provider::default();
    view.print(&format!(
        "a call every half second; overrides from `{}`; end it with Ctrl-C",
        file.display()
    ));
    let calls = async {
        let start = Instant::now();
        loop {
            let is_up = start.elapsed().as_secs() / 10 % 2 == 0;
            if provider.set(is_up) {
                view.provider(is_up);
            }
            let result = charge(&provider, 100).await;
            view.line(
                "call",
                &result.map_or_else(|error| error.to_string(), |_| "paid".to_owned()),
            );
            if !view.is_read() {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        biased;
        () = watch::watch(&file, |loaded| view.loaded(loaded)) => {}
        () = calls => {}
    }
    Ok(())
}
