//! An order service: two upstreams over HTTP, a database, a cache.
//!
//! ```text
//! cargo run             serves until SIGTERM, with embedded dependencies where none are configured
//! cargo run -- drill    breaks each dependency in turn, and shows what an operator sees
//! ```

mod config;
mod drill;
mod embedded;
mod error;
mod inventory;
mod operations;
mod orders;
mod payments;
mod service;
mod store;

use std::env;
use std::error::Error;
use std::io;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::embedded::Embedded;
use crate::service::Service;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => serve().await,
        ["drill"] => drill::run().await,
        _ => {
            eprintln!("shop: expected no argument, or `drill`");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the reader of the output closed the pipe, as `head` does.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).init();
    let mut config = Config::from_env()?;
    let _embedded = Embedded::complete(&mut config).await?;
    let service = Service::start(config).await?;
    tracing::info!(address = %service.address, "listening");
    Ok(service.run().await?)
}
