//! Breakers under load, and the metrics that Prometheus reads.
//!
//! ```text
//! cargo run -p example-prometheus
//!         scrapes itself twice, in health and in an outage, and prints the result: three seconds
//!
//! cargo run -p example-prometheus -- --serve [127.0.0.1:9464]
//!         runs until you end it; ten seconds of every thirty are an outage
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
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (address, is_served) = match arguments[..] {
        [] => (Some(any_port), false),
        ["--serve"] => (Some(any_port), true),
        ["--serve", address] => (address.parse().ok(), true),
        _ => (None, false),
    };
    let Some(address) = address else {
        eprintln!(
            "prometheus: expected no argument, or `--serve` with an address like 127.0.0.1:9464"
        );
        return ExitCode::from(2);
    };
    match run(address, is_served) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prometheus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddr, is_served: bool) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The names follow the conventions of Prometheus: units, and `_total` for counters.
        let exporter = PrometheusBuilder::new().with_recommended_naming(true);
        let recorder = exporter.install_recorder().map_err(io::Error::other)?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let load = Load::default();
        tokio::select! {
            () = scrape::serve(&listener, &recorder) => Ok(()),
            () = load.run() => Ok(()),
            result = async {
                if is_served {
                    outages(&load, address).await
                } else {
                    show_twice(&load, address).await
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

/// Makes an outage of ten seconds in every thirty.
async fn outages(load: &Load, address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "http://{address}/metrics")?;
    loop {
        for (is_down, seconds) in [(false, 20), (true, 10)] {
            load.set_outage(is_down);
            writeln!(io::stdout(), "{}", if is_down { "an outage" } else { "all is well" })?;
            sleep(Duration::from_secs(seconds)).await;
        }
    }
}
