//! The recipe for a batch job.

// excerpt: send
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use reqwest::StatusCode;
use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker, retry};
use tokio::task::JoinSet;

/// Why an item was not sent.
#[derive(Debug, thiserror::Error, Classify)]
pub enum SendError {
    /// The archive failed, or refused the item.
    #[error("archive: {0}")]
    #[classify(with = resilient_classify::reqwest)]
    Archive(#[from] reqwest::Error),
    /// The archive refuses this job, so no item can be sent: a failure, without a retry.
    #[error("no access: status {0}")]
    #[permanent]
    NoAccess(StatusCode),
    /// The circuit is open, so the archive was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The attempt took too long.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// The archive, to which the job sends its items.
#[derive(Debug, Clone)]
pub struct Archive {
    /// The client of the archive.
    pub http: reqwest::Client,
    /// Where the archive is.
    pub url: String,
}

impl Archive {
    /// Stores an item. A `PUT` may be repeated. Nobody waits for the job, so an item has
    /// a minute.
    #[retry(
        name = "archive.store",
        max_retries = 5,
        base_delay = "200ms",
        attempt_timeout = "5s",
        max_elapsed = "1m",
        budget = "archive"
    )]
    #[circuit_breaker(name = "archive", failure_threshold = 20, recovery_time = "1m")]
    async fn store(&self, item: u64) -> Result<(), SendError> {
        let request = self.http.put(format!("{}/items/{item}", self.url));
        let response = request.send().await?;
        match response.status() {
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(SendError::NoAccess(status))
            }
            _ => Ok(response.error_for_status().map(drop)?),
        }
    }
}
// end excerpt

// excerpt: run
/// The items that are sent at a time.
const AT_A_TIME: usize = 16;

/// How the job ended.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of items that this run has sent.
    pub sent: usize,
    /// The items that failed. The next run tries them again.
    pub failed: Vec<(u64, SendError)>,
    /// Why the run ended early: the archive does not serve.
    pub stopped: Option<CircuitOpen>,
}

/// Sends all items that no earlier run has sent. The file `done` has a line for each sent
/// item.
pub async fn run(
    archive: &Archive,
    items: impl IntoIterator<Item = u64>,
    done: &Path,
) -> io::Result<Report> {
    let before = sent_before(done)?;
    let mut items = items.into_iter().filter(|item| !before.contains(item));
    let mut done = OpenOptions::new().create(true).append(true).open(done)?;
    // Ends the line that a run left behind which was killed while it wrote.
    writeln!(done)?;
    let mut report = Report::default();
    let mut running = JoinSet::new();
    loop {
        // An open circuit stops the whole job: no further item begins.
        while report.stopped.is_none() && running.len() < AT_A_TIME {
            let Some(item) = items.next() else { break };
            let archive = archive.clone();
            running.spawn(async move { (item, archive.store(item).await) });
        }
        let Some(ended) = running.join_next().await else { break };
        match ended? {
            (item, Ok(())) => {
                writeln!(done, "{item} sent")?;
                report.sent += 1;
            }
            (_, Err(SendError::Open(open))) => report.stopped = Some(open),
            (item, Err(error)) => report.failed.push((item, error)),
        }
    }
    done.sync_all()?;
    Ok(report)
}

/// Reads the items that earlier runs have sent. A line that is not complete does not
/// count.
fn sent_before(done: &Path) -> io::Result<HashSet<u64>> {
    let file = match File::open(done) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(HashSet::new());
        }
        file => file?,
    };
    let mut sent = HashSet::new();
    for line in BufReader::new(file).lines() {
        sent.extend(
            line?.strip_suffix(" sent").and_then(|item| item.parse::<u64>().ok()),
        );
    }
    Ok(sent)
}
// end excerpt
