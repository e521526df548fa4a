//! Breakers under load, and the metrics that Prometheus reads.
//!
//! ```text
//! cargo run -p example-prometheus [-- 127.0.0.1:9464]
//!         stays up until you end it, and says how to look; ten seconds of every thirty are an
//!         outage
//!
//! cargo run -p example-prometheus -- --once
//!         scrapes itself twice, in health and in an outage, and prints the result: three seconds
//! ```
//!
//! The program calls two functions: `charge` has one breaker, and `search` has one breaker per
//! shard. Counting adds almost no cost to a call. When Prometheus asks, `scrape.rs` copies
//! the counts to the recorder of the crate `metrics`.
//!
//! `alarms.yml` holds alarms for these numbers, and `alarms_test.yml` tests them. The guide
//! `resilient::guide::operating` says what to do about each alarm.

mod load;
mod scrape;

use std::env;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::load::Load;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (address, is_once) = match &arguments[..] {
        [] => (Some(any_port), false),
        [argument] if argument == "--once" => (Some(any_port), true),
        [address] => (address.parse().ok(), false),
        _ => (None, false),
    };
    let Some(address) = address else {
        eprintln!(
            "prometheus: expected no argument, `--once`, or an address to listen on, as in \
             127.0.0.1:9464"
        );
        return ExitCode::from(2);
    };
    match run(address, is_once) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prometheus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddr, is_once: bool) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The names follow the conventions of Prometheus: units, and `_total` for counters.
        let exporter = PrometheusBuilder::new().with_recommended_naming(true);
        let recorder = exporter.install_recorder().map_err(io::Error::other)?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::other(format!("cannot listen on {address}: {error}")))?;
        let address = listener.local_addr()?;
        let load = Load::default();
        tokio::select! {
            () = scrape::serve(&listener, &recorder) => Ok(()),
            () = load.run() => Ok(()),
            result = async {
                if is_once {
                    show_twice(&load, address).await
                } else {
                    outages(&load, address).await
                }
            } => result,
        }
    })
}

/// Scrapes once in health and once in an outage.
async fn show_twice(load: &Load, address: SocketAddr) -> io::Result<()> {
    sleep(Duration::from_secs(1)).await;
    show("All is well", address).await?;
    load.set_outage(true);
    sleep(Duration::from_secs(2)).await;
    show("Payments are down and shard 2 is slow", address).await
}

async fn show(title: &str, address: SocketAddr) -> io::Result<()> {
    let metrics = scrape::get(address, "/metrics").await?;
    let mut lines: Vec<_> = metrics.lines().filter(|line| says_something(line)).collect();
    lines.sort_unstable();
    let mut out = io::stdout().lock();
    writeln!(out, "{title}; http://{address}/metrics, without comments and zeros:\n")?;
    for line in lines {
        let (series, value) = line.rsplit_once(' ').unwrap_or((line, ""));
        writeln!(out, "  {series:<88} {value:>6}")?;
    }
    writeln!(out)
}

fn says_something(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#') && !line.ends_with(" 0")
}

/// Says how to look at the metrics, then makes an outage of ten seconds in every thirty.
async fn outages(load: &Load, address: SocketAddr) -> io::Result<()> {
    writeln!(
        io::stdout(),
        "Two functions with circuit breakers are under load. Look at their metrics with

  curl http://{address}/metrics
  curl -s http://{address}/metrics | grep 'breaker_state{{.* [1-9]'

or let Prometheus scrape that address. Ctrl-C ends the program.
"
    )?;
    loop {
        load.set_outage(false);
        writeln!(io::stdout(), "All is well for 20 seconds.")?;
        sleep(Duration::from_secs(20)).await;
        load.set_outage(true);
        writeln!(
            io::stdout(),
            "For 10 seconds, payments are down and shard 2 is slow: look again."
        )?;
        sleep(Duration::from_secs(10)).await;
    }
}
