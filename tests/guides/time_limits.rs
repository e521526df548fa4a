//! What time limits do, and which limit must be shorter than which, as in `docs/time-limits.md`.

use std::sync::mpsc;

use resilient::retries::TimeLimit;
use resilient::{CircuitOpen, Classify, TimedOut};
use tokio::sync::Semaphore;
use tokio::time::Instant;

// excerpt: guard
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
// end excerpt

// excerpt: finish
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
// end excerpt

// excerpt: nested
use resilient::retry;
// end excerpt

// excerpt: hang
use std::io;
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{Registry, circuit_breaker, timeout};
use tokio::task::JoinHandle;

#[circuit_breaker(name = "without limit")]
async fn unlimited() -> io::Result<u32> {
    stock().await
}

#[circuit_breaker(name = "with limit")]
#[timeout("2s")]
async fn limited() -> io::Result<u32> {
    stock().await
}

/// Stands for a dependency that accepts each request and never responds.
async fn stock() -> io::Result<u32> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn without_a_time_limit_402_calls_hang_and_the_circuit_stays_closed() {
    let calls: Vec<_> = (0..402).map(|_| tokio::spawn(unlimited())).collect();
    tokio::time::sleep(Duration::from_secs(3_600)).await;

    assert!(!calls.iter().any(JoinHandle::is_finished));
    let breaker = Registry::global().get("without limit").unwrap();
    assert_eq!(breaker.snapshot().in_flight, 402);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn with_a_time_limit_402_calls_end_and_the_circuit_opens() {
    let calls: Vec<_> = (0..402).map(|_| tokio::spawn(limited())).collect();
    tokio::time::sleep(Duration::from_secs(3)).await;

    assert!(calls.iter().all(JoinHandle::is_finished));
    let breaker = Registry::global().get("with limit").unwrap();
    assert_eq!(breaker.snapshot().in_flight, 0);
    assert_eq!(breaker.state(), CircuitState::Open);
}
// end excerpt

// excerpt: nested
#[retry(
    max_retries = 1,
    attempt_timeout = "3s", // above the time for the pool and the query together
    deadline = "8s",        // below the time that the caller waits
)]
#[circuit_breaker(name = "customers")]
async fn customer(id: u64) -> io::Result<String> {
    // Take a connection from the pool here: its acquire timeout is one second.
    // Send the query: its statement timeout is 1.5 seconds.
    Ok(format!("customer {id}"))
}
// end excerpt

#[retry(max_retries = 3, attempt_timeout = "3s")]
#[circuit_breaker(name = "database with an impatient pool")]
async fn impatient(pool: &Pool) -> Result<(), DbError> {
    let _connection = pool.acquire().await?;
    Ok(())
}

#[retry(max_retries = 3, attempt_timeout = "3s")]
#[circuit_breaker(name = "database with a patient pool")]
async fn patient(pool: &Pool) -> Result<(), DbError> {
    let _connection = pool.acquire().await?;
    Ok(())
}

#[derive(Debug, Classify)]
enum DbError {
    #[permanent]
    PoolTimedOut,
    #[circuit_open]
    Rejected(CircuitOpen),
    #[timed_out]
    TooSlow(TimedOut),
}

/// A pool whose connections are all in use.
struct Pool {
    free: Semaphore,
    acquire_timeout: Duration,
}

impl Pool {
    fn new(acquire_timeout: &str) -> Self {
        let acquire_timeout = resilient::settings::parse_duration(acquire_timeout).unwrap();
        Self { free: Semaphore::new(0), acquire_timeout }
    }

    async fn acquire(&self) -> Result<tokio::sync::SemaphorePermit<'_>, DbError> {
        let acquired = tokio::time::timeout(self.acquire_timeout, self.free.acquire()).await;
        acquired.map(Result::unwrap).map_err(|_| DbError::PoolTimedOut)
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_empty_reports_it_within_the_attempt() {
    assert_eq!(customer(7).await.unwrap(), "customer 7");
    let start = Instant::now();
    let error = impatient(&Pool::new("1s")).await.unwrap_err();
    assert!(matches!(error, DbError::PoolTimedOut));
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pool_more_patient_than_the_attempt_hides_that_it_is_empty_and_is_asked_four_times() {
    let start = Instant::now();
    let error = patient(&Pool::new("30s")).await.unwrap_err();
    let DbError::TooSlow(late) = error else { panic!("{error:?}") };
    assert_eq!((late.limit(), late.attempts()), (TimeLimit::AttemptTimeout, 4));
    assert!(start.elapsed() >= Duration::from_secs(12));
}

#[retry(max_retries = 3, deadline = "8s")]
#[circuit_breaker(name = "hurried caller", failure_threshold = 1)]
async fn slow() -> io::Result<u32> {
    stock().await
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_before_the_deadline_leaves_an_abandoned_call() {
    let gave_up = tokio::time::timeout(Duration::from_secs(5), slow()).await;
    assert!(gave_up.is_err());
    let totals = Registry::global().get("hurried caller").unwrap().snapshot().totals;
    assert_eq!((totals.abandoned, totals.failure), (1, 0));

    let error = slow().await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    let breaker = Registry::global().get("hurried caller").unwrap();
    assert_eq!((breaker.snapshot().totals.failure, breaker.state()), (1, CircuitState::Open));
}

#[retry(max_retries = 3, attempt_timeout = "1s", deadline = "2500ms")]
async fn three_attempts() -> io::Result<u32> {
    stock().await
}

#[tokio::test(start_paused = true)]
async fn the_deadline_cuts_off_the_last_attempt() {
    let start = Instant::now();
    let error = three_attempts().await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_millis(2_510), "{:?}", start.elapsed());
    let late = TimedOut::find_in(&error).unwrap();
    assert!(late.attempts() <= 3, "{late}");
}

// excerpt: blocking
#[timeout("1s")]
async fn checksum(file: Vec<u8>) -> io::Result<u64> {
    // After one second the caller gets an error. The thread goes on to the end.
    let sum = tokio::task::spawn_blocking(move || slow_sum(&file));
    sum.await.map_err(io::Error::other)
}

fn slow_sum(file: &[u8]) -> u64 {
    file.iter().map(|byte| u64::from(*byte)).sum()
}
// end excerpt

#[timeout("1s")]
async fn blocked(release: mpsc::Receiver<()>, is_done: Arc<AtomicBool>) -> io::Result<()> {
    let work = tokio::task::spawn_blocking(move || {
        release.recv().unwrap();
        is_done.store(true, SeqCst);
    });
    work.await.map_err(io::Error::other)
}

#[tokio::test(start_paused = true)]
async fn a_limit_ends_the_wait_for_a_thread_and_not_the_thread() {
    assert_eq!(checksum(vec![1, 2]).await.unwrap(), 3);

    let is_done = Arc::new(AtomicBool::new(false));
    let (release, released) = mpsc::channel();
    let call = tokio::spawn(blocked(released, is_done.clone()));
    tokio::task::yield_now().await;
    // The clock does not move by itself while a thread blocks.
    tokio::time::advance(Duration::from_secs(1)).await;
    let error = call.await.unwrap().unwrap_err();
    assert!(TimedOut::find_in(&error).is_some());
    assert!(!is_done.load(SeqCst));

    release.send(()).unwrap();
    while !is_done.load(SeqCst) {
        tokio::task::yield_now().await;
    }
}

// excerpt: guard
/// Counts the calls in progress.
#[derive(Default)]
struct InProgress(AtomicU32);

impl InProgress {
    fn enter(&self) -> Entered<'_> {
        self.0.fetch_add(1, SeqCst);
        Entered(self)
    }
}

struct Entered<'a>(&'a InProgress);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

#[timeout("1s")]
async fn wrong(in_progress: &InProgress) -> io::Result<u32> {
    in_progress.0.fetch_add(1, SeqCst);
    let stock = stock().await; // cut off here: the next line does not run
    in_progress.0.fetch_sub(1, SeqCst);
    stock
}

#[timeout("1s")]
async fn right(in_progress: &InProgress) -> io::Result<u32> {
    let _entered = in_progress.enter(); // dropped in each case
    stock().await
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn a_guard_cleans_up_after_a_call_that_is_cut_off() {
    let (by_hand, with_guard) = (InProgress::default(), InProgress::default());
    wrong(&by_hand).await.unwrap_err();
    right(&with_guard).await.unwrap_err();
    assert_eq!((by_hand.0.load(SeqCst), with_guard.0.load(SeqCst)), (1, 0));
}

// excerpt: finish
#[timeout("1s")]
async fn save(is_written: Arc<AtomicBool>) -> io::Result<()> {
    // The task goes on if the caller is cut off.
    let written = tokio::spawn(write(is_written));
    written.await.map_err(io::Error::other)?
}

/// Stands for a write that takes three seconds and must not stop halfway.
async fn write(is_written: Arc<AtomicBool>) -> io::Result<()> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    is_written.store(true, SeqCst);
    Ok(())
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn a_task_goes_on_when_its_caller_is_cut_off() {
    let is_written = Arc::<AtomicBool>::default();
    let start = Instant::now();
    save(is_written.clone()).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 1);
    assert!(!is_written.load(SeqCst));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(is_written.load(SeqCst));
}

// excerpt: scope
use resilient::deadline;

async fn order(id: u64) -> io::Result<String> {
    let customer = customer(id).await?;
    let left = deadline::remaining(); // what is left of the two seconds
    Ok(format!("{customer} still waits for {left:?}"))
}

async fn order_in_time(id: u64) -> io::Result<String> {
    deadline::scope(Duration::from_secs(2), order(id)).await?
}
// end excerpt

// excerpt: server
use resilient::deadline::CallerContext;

/// Handles a request with the headers of its caller.
async fn handle(time_left: Option<u64>, attempt: Option<u32>) -> io::Result<String> {
    let mut caller = CallerContext::new();
    if let Some(millis) = time_left {
        caller = caller.time_left(Duration::from_millis(millis));
    }
    if let Some(number) = attempt {
        caller = caller.attempt(number).collapse_retries(true);
    }
    caller.scope(order(7)).await?
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn a_scope_gives_several_calls_one_deadline() {
    assert_eq!(order_in_time(7).await.unwrap(), "customer 7 still waits for Some(2s)");
    let start = Instant::now();
    let hangs = deadline::scope(Duration::from_secs(2), stock()).await.unwrap_err();
    assert_eq!((hangs.limit(), start.elapsed().as_secs()), (TimeLimit::Scope, 2));
}

#[tokio::test(start_paused = true)]
async fn a_server_enters_the_deadline_of_its_caller() {
    assert_eq!(handle(None, None).await.unwrap(), "customer 7 still waits for None");
    let text = handle(Some(800), Some(2)).await.unwrap();
    assert_eq!(text, "customer 7 still waits for Some(800ms)");
    let late = handle(Some(0), None).await.unwrap_err();
    assert_eq!(TimedOut::find_in(&late).unwrap().limit(), TimeLimit::Scope);
}
