//! Breaks each dependency in turn under load, and prints what an operator sees.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use resilient::Registry;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing_subscriber::fmt::MakeWriter;

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
/// The most lines of the log to show.
const LINES: usize = 5;
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
    let customer = Arc::new(Customer {
        http: Client::new(),
        url: format!("http://{}", service.address),
        orders: AtomicU32::new(0),
    });
    let running = tokio::spawn(service.run());
    let drill = Drill { customer, log };

    drill.log.take();
    drill.burst(Asks::Order, "all is well").await?;
    println!();

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
        None => println!("== redis-server is not installed, so the cache is not broken\n"),
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
        println!("mended     in use again after {} ms\n", start.elapsed().as_millis());
        self.log.take();
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Asks {
    Order,
    Stock,
}

struct Customer {
    http: Client,
    url: String,
    orders: AtomicU32,
}

impl Customer {
    async fn send(&self, asks: Asks) -> reqwest::Result<(StatusCode, Duration)> {
        let start = Instant::now();
        let response = match asks {
            Asks::Order => {
                let key = self.orders.fetch_add(1, Relaxed);
                let order = json!({ "sku": "kettle", "quantity": 1, "card": "tok_1" });
                let url = format!("{}/orders", self.url);
                let key = format!("drill-{key}");
                self.http.post(url).header("Idempotency-Key", key).json(&order).send().await?
            }
            Asks::Stock => self.http.get(format!("{}/stock/kettle", self.url)).send().await?,
        };
        Ok((response.status(), start.elapsed()))
    }

    async fn text(&self, path: &str) -> reqwest::Result<(StatusCode, String)> {
        let response = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok((response.status(), response.text().await?))
    }

    /// Returns the counters that show trouble.
    async fn metrics(&self) -> reqwest::Result<BTreeMap<String, u64>> {
        let text = self.text("/metrics").await?.1;
        let shows_trouble = |line: &&str| {
            let is_counted = COUNTERS.iter().any(|name| line.starts_with(name));
            is_counted && !line.contains("result=\"success")
        };
        let counter = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        };
        Ok(text.lines().filter(shows_trouble).filter_map(counter).collect())
    }
}

const COUNTERS: [&str; 3] = [
    "resilient_breaker_calls_total",
    "resilient_retry_calls_total",
    "resilient_retry_retries_total",
];

/// Holds the log in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Returns the first lines of the log since the last call. Of lines that differ only in their
    /// numbers, it returns one.
    fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut shapes = HashSet::new();
        let shape = |line: &str| line.replace(|character: char| character.is_ascii_digit(), "");
        let is_new = |line: &&str| shapes.insert(shape(line));
        text.lines().map(str::trim).filter(is_new).take(LINES).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
