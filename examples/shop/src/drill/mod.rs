//! Breaks each dependency in turn under load, and prints what an operator sees.

mod customer;
mod log;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use resilient::Registry;
use sqlx::{Connection, SqliteConnection};
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::customer::{Asks, Customer};
use self::log::Log;
use crate::config::Config;
use crate::embedded::{Embedded, Fault};
use crate::service::Service;

/// Short times, so that nobody waits. An operator would change them in a file in the same way.
const SHORT: &str = r#"
[breakers."*"]
recovery_time = "500ms"
"#;
/// What an operator writes when the provider has announced maintenance.
const MAINTENANCE: &str = r#"
[breakers."*"]
recovery_time = "500ms"

[breakers.payments]
mode = "forced_open"
reason = "announced maintenance"
"#;
/// Requests while a dependency is broken, and how many of them at a time.
const REQUESTS: u32 = 24;
const AT_A_TIME: u32 = 4;
/// A dependency that was mended is in use again within this time.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .without_time()
        .with_writer(log.clone())
        .init();
    let mut config = Config { listen: "127.0.0.1:0".to_owned(), ..Config::default() };
    let mut embedded = Embedded::complete(&mut config).await?;
    let file = config.database.clone().ok_or("no database")?;
    let service = Service::start(config).await?;
    Registry::global().apply_toml(SHORT)?;
    let customer = Arc::new(Customer::new(service.address));
    let running = tokio::spawn(service.run());
    let drill = Drill { customer, log };

    drill.log.take();
    drill.burst(Asks::Order, "all is well").await?;
    writeln!(io::stdout())?;

    if let Some(payments) = &embedded.payments {
        payments.set(Fault::Hangs);
        drill.burst(Asks::Order, "payments hangs").await?;
        payments.set(Fault::None);
        drill.mended(Asks::Order).await?;
    }
    if let Some(inventory) = &embedded.inventory {
        inventory.set(Fault::Unavailable);
        drill.burst(Asks::Order, "inventory answers 503").await?;
        inventory.set(Fault::None);
        drill.mended(Asks::Order).await?;
    }

    let mut lock = SqliteConnection::connect(&file.display().to_string()).await?;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut lock).await?;
    drill.burst(Asks::Order, "the database is locked").await?;
    lock.close().await?;
    drill.mended(Asks::Order).await?;

    match &mut embedded.redis {
        Some(redis) => {
            redis.stop().await?;
            drill.burst(Asks::Stock, "redis is gone").await?;
            redis.restart().await?;
            drill.mended(Asks::Stock).await?;
        }
        None => {
            writeln!(
                io::stdout(),
                "== redis-server is not installed, so the cache is not broken\n"
            )?;
        }
    }

    drill.log.take();
    Registry::global().apply_toml(MAINTENANCE)?;
    drill.burst(Asks::Order, "an operator closes payments, by the file of overrides").await?;
    Registry::global().apply_toml(SHORT)?;
    drill.mended(Asks::Order).await?;
    running.abort();
    Ok(())
}

struct Drill {
    customer: Arc<Customer>,
    log: Log,
}

impl Drill {
    /// Sends requests, and prints how they ended, the log, and what the service reports.
    async fn burst(&self, asks: Asks, title: &str) -> Result<(), Box<dyn Error>> {
        let before = self.customer.metrics().await?;
        let (mut statuses, mut slowest) = (BTreeMap::<_, u32>::new(), Duration::ZERO);
        for _ in 0..REQUESTS / AT_A_TIME {
            let mut requests = JoinSet::new();
            for _ in 0..AT_A_TIME {
                let customer = Arc::clone(&self.customer);
                requests.spawn(async move { customer.send(asks).await });
            }
            for response in requests.join_all().await {
                let (status, took) = response?;
                *statuses.entry(status.as_u16()).or_default() += 1;
                slowest = slowest.max(took);
            }
        }
        let statuses: Vec<_> =
            statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        let (ready, states) = self.customer.text("/health/ready").await?;
        let after = self.customer.metrics().await?;
        let mut out = io::stdout().lock();
        writeln!(out, "== {title}")?;
        writeln!(out, "customers  {}; slowest {} ms", statuses.join(", "), slowest.as_millis())?;
        writeln!(out, "ready      {} {states}", ready.as_u16())?;
        for line in self.log.take() {
            writeln!(out, "log        {line}")?;
        }
        for (series, value) in after {
            let growth = value - before.get(&series).unwrap_or(&0);
            if growth > 0 {
                writeln!(out, "metrics    {series} +{growth}")?;
            }
        }
        Ok(())
    }

    /// Waits until a request has the best response again.
    async fn mended(&self, asks: Asks) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        loop {
            let (status, _) = self.customer.send(asks).await?;
            let states = self.customer.text("/health/ready").await?.1;
            if status == StatusCode::OK && !states.contains("open") {
                break;
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("still not mended: {status} {states}").into());
            }
            sleep(Duration::from_millis(50)).await;
        }
        writeln!(
            io::stdout(),
            "mended     in use again after {} ms\n",
            start.elapsed().as_millis()
        )?;
        self.log.take();
        Ok(())
    }
}
