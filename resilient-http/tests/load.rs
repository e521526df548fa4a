//! Two thousand concurrent callers share one client. The server fails 30 % of requests and is down
//! for two seconds.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use resilient_http::{ApiClient, BreakerConfig, BudgetConfig, ErrorKind, Response, RetryBudget};
use support::raw::{Raw, Step, ok, write};
use support::settings::quickly;
use support::{until, within};

const CALLERS: usize = 2000;
const CALLS_EACH: u32 = 8;
/// The number of requests before the server goes down.
const DIES_AT: usize = 2500;
const DEAD_FOR: Duration = Duration::from_secs(2);

/// The results of the calls of one caller.
#[derive(Default)]
struct Ends {
    /// The number of calls for each kind of error. The key `None` stands for success.
    kinds: BTreeMap<Option<&'static str>, u64>,
    attempts: u64,
    /// The number of calls that sent at least one request.
    sent: u64,
}

impl Ends {
    fn add(&mut self, kind: Option<ErrorKind>, attempts: u32) {
        *self.kinds.entry(kind.map(ErrorKind::as_str)).or_default() += 1;
        self.attempts += u64::from(attempts);
        self.sent += u64::from(attempts > 0);
    }
}

async fn call_again_and_again(api: ApiClient, caller: u64) -> Ends {
    let mut ends = Ends::default();
    // Spreads the first calls of the callers over half a second.
    tokio::time::sleep(Duration::from_millis(caller % 500)).await;
    for _ in 0..CALLS_EACH {
        let call = api.get::<Response>("items/{n}").param("n", caller);
        match call.await {
            Ok(response) => ends.add(None, response.attempts()),
            Err(error) => ends.add(Some(error.kind()), error.attempts()),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_call_ends_and_no_retry_exceeds_the_budget() {
    // The process has both ends of each connection, so it needs many file handles.
    let files = rlimit::increase_nofile_limit(16_384).unwrap();
    assert!(files > 5000, "too few files may be open: {files}");
    let died = OnceLock::new();
    let lost = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lost);
    let server = Raw::serve_places(move |place| {
        let n = place.overall;
        let is_dead = n >= DIES_AT && died.get_or_init(Instant::now).elapsed() < DEAD_FOR;
        match n % 10 {
            _ if is_dead => {
                counted.fetch_add(u64::from(place.on_connection > 0), SeqCst);
                vec![Step::Reset]
            }
            0..3 => vec![write("HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n"), Step::Next],
            _ => vec![ok("{}"), Step::Next],
        }
    })
    .await;
    let budget = RetryBudget::new("load", BudgetConfig::default());
    let breaker = BreakerConfig::builder()
        .window(Duration::from_secs(1))
        .failure_rate(0.6)
        .min_calls(20)
        .recovery_time(Duration::from_millis(300))
        .build()
        .unwrap();
    let api = ApiClient::builder(&server.url)
        .retry(quickly(3))
        .shared_budget(budget.clone())
        .circuit_breaker(breaker)
        .connect_timeout(Duration::from_secs(30))
        .timeout(Duration::from_secs(30))
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let callers: Vec<_> = (0..CALLERS as u64)
        .map(|caller| tokio::spawn(call_again_and_again(api.clone(), caller)))
        .collect();
    let mut all = Ends::default();
    // Every call ends within its deadline. If a call hung, the test would hang here.
    for caller in callers {
        let ends = caller.await.unwrap();
        all.attempts += ends.attempts;
        all.sent += ends.sent;
        for (kind, n) in ends.kinds {
            *all.kinds.entry(kind).or_default() += n;
        }
    }
    let totals = api.circuit_breaker().snapshot().totals;
    let counts = budget.snapshot().counts;
    let lost = lost.load(SeqCst);
    println!("{:?} {totals:?} {counts:?}", all.kinds);
    println!("{} requests, {} attempts, {lost} lost", server.count(), all.attempts);
    assert_eq!(all.kinds.values().sum::<u64>(), (CALLERS as u64) * u64::from(CALLS_EACH));
    // Some calls succeeded, some reached the server while it was down, and the breaker rejected
    // some.
    assert!(all.kinds[&None] > 100);
    assert!(totals.rejected > 0, "the circuit opened");
    // The breaker counted the same attempts as the callers. Some attempts did not reach the server,
    // and an attempt whose reused connection broke sent its request once more.
    let reported = totals.success + totals.failure + totals.ignored + totals.late;
    assert_eq!((reported, totals.abandoned), (all.attempts, 0));
    assert!(server.count() as u64 <= all.attempts + lost);
    // The budget paid for each retry, and did not spend more tokens than it had.
    let extra = all.attempts - all.sent;
    assert_eq!(counts.spent, extra);
    let config = budget.config();
    let cost = u64::from(config.retry_cost());
    let deposits = counts.deposited * u64::from(config.deposit());
    assert!(
        counts.spent * cost
            <= u64::from(config.initial_tokens()) + deposits + counts.refunded * cost
    );
    assert_eq!(api.in_flight(), 0);
    // The server is up again. The circuit closes, and calls succeed.
    let well = async {
        while api.get::<Response>("well").into_future().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within("a call succeeds", Box::pin(well)).await;
    within("close", api.shutdown(Duration::from_secs(20))).await.unwrap();
    until("all connections are closed", || server.connections.open() == 0).await;
}
