//! The recipe for a batch job against an archive.

use std::fs;
use std::path::PathBuf;

use example_recipes::batch_job::{Archive, run};
use resilient::breaker::CircuitState;
use resilient_test_servers::folder;
use tempfile::TempDir;

use crate::support::{self, Time, Turn};
use crate::upstream::{Behaviour, Upstream};

struct Job {
    turn: Turn<Upstream>,
    archive: Archive,
    done: PathBuf,
    _folder: TempDir,
}

impl Job {
    async fn new() -> Self {
        static SERVER: support::Server<Upstream> = support::Server::const_new(None);
        let mut turn = Turn::take(&SERVER, "archive", || Some(Upstream::start("stored")))
            .await
            .unwrap();
        turn.server().reset("stored");
        let archive = Archive { http: reqwest::Client::new(), url: turn.server().url() };
        let folder = folder();
        Self { turn, archive, done: folder.path().join("done"), _folder: folder }
    }

    /// Returns the items that the archive received since the last call.
    fn items(&mut self) -> Vec<u64> {
        let received = self.turn.server().received().into_iter();
        let items = received
            .map(|one| one.path.strip_prefix("/items/").unwrap().parse().unwrap());
        let mut items: Vec<u64> = items.collect();
        items.sort_unstable();
        items
    }
}

#[tokio::test]
async fn each_item_is_sent_once_in_all_runs() {
    let mut job = Job::new().await;
    let first = run(&job.archive, 1..=60, &job.done).await.unwrap();
    assert_eq!((first.sent, first.failed.len()), (60, 0));
    let second = run(&job.archive, 1..=100, &job.done).await.unwrap();
    assert_eq!((second.sent, second.failed.len()), (40, 0));
    assert_eq!(job.items(), (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_item_that_fails_stops_no_other_and_is_sent_by_the_next_run() {
    let mut job = Job::new().await;
    job.turn.server().once(Behaviour::Responds(422, ""));
    let first = run(&job.archive, 1..=30, &job.done).await.unwrap();
    assert_eq!((first.sent, first.failed.len()), (29, 1));
    let refused = first.failed[0].0;
    job.items();
    let second = run(&job.archive, 1..=30, &job.done).await.unwrap();
    assert_eq!((second.sent, job.items()), (1, vec![refused]));
}

#[tokio::test]
async fn an_open_circuit_stops_the_job_and_the_next_run_continues() {
    let mut job = Job::new().await;
    let before = job.turn.totals();
    job.turn.server().end();
    job.turn.set_time(Time::Real);
    let stopped = run(&job.archive, 1..=10_000, &job.done).await.unwrap();
    assert_eq!(stopped.sent, 0);
    assert!(stopped.stopped.is_some());
    assert_eq!(job.turn.state(), CircuitState::Open);
    // Twenty failures open the circuit. Fifteen more calls can be in flight then.
    let failures = job.turn.totals().1 - before.1;
    assert!((20..=35).contains(&failures), "{failures}");

    job.turn.server().restart();
    job.turn.recover();
    // The probe closes the circuit. The items that it holds up end with the job, for the next run.
    let mut sent = run(&job.archive, 1..=100, &job.done).await.unwrap().sent;
    assert_eq!(job.turn.state(), CircuitState::Closed);
    sent += run(&job.archive, 1..=100, &job.done).await.unwrap().sent;
    assert_eq!(sent, 100);
    assert_eq!(job.items(), (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_archive_that_refuses_all_items_stops_the_job() {
    let mut job = Job::new().await;
    job.turn.server().set(Behaviour::Responds(401, ""));
    let stopped = run(&job.archive, 1..=10_000, &job.done).await.unwrap();
    assert!(stopped.stopped.is_some());
    // No retries: each request is another item.
    let items = job.items();
    assert!((20..=35).contains(&items.len()), "{items:?}");
    assert!(items.iter().zip(1..).all(|(item, expected)| *item == expected), "{items:?}");
}

#[tokio::test]
async fn no_more_than_sixteen_items_are_in_flight() {
    let mut job = Job::new().await;
    job.turn.server().set(Behaviour::Hangs);
    let (archive, done) = (job.archive.clone(), job.done.clone());
    let running = tokio::spawn(async move { run(&archive, 1..=100, &done).await });
    let mut items = Vec::new();
    while items.len() < 16 {
        items.extend(job.items());
        tokio::task::yield_now().await;
    }
    // A request of another client comes after all that the job has sent by now.
    job.turn.server().once(Behaviour::Responds(200, ""));
    reqwest::get(format!("{}/items/0", job.archive.url)).await.unwrap();
    items.extend(job.items());
    items.sort_unstable();
    assert_eq!(items, (0..=16).collect::<Vec<_>>());
    running.abort();
}

#[tokio::test]
async fn a_line_that_a_killed_run_left_unfinished_does_not_count() {
    let mut job = Job::new().await;
    fs::write(&job.done, "3 sent\n12").unwrap();
    let report = run(&job.archive, 1..=15, &job.done).await.unwrap();
    assert_eq!(report.sent, 14);
    assert!(job.items().contains(&12));
    assert_eq!(run(&job.archive, 1..=15, &job.done).await.unwrap().sent, 0);
}
