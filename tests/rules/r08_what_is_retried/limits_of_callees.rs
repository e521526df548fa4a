//! Rules R8, C2 and C4: the time limit of another function can be the error of an attempt, or one
//! of its sources.

use std::cell::RefCell;
use std::error::Error;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{
    CircuitBreaker, CircuitOpen, RetryError, TimedOut, circuit_breaker, retry, timeout,
};
use resilient_testkit::{Calls, ms, poll_once};
use tokio::time::Instant;

use crate::support::cuts::{Late, cut};
use crate::support::retry::{SECOND, at_once, breaker};

type Boxed = Box<dyn Error + Send + Sync>;

#[retry(max_retries = 0, attempt_timeout = "1s")]
async fn limited_attempt() -> Result<(), TimedOut> {
    pending().await
}

#[timeout("1s")]
async fn limited() -> Result<(), TimedOut> {
    pending().await
}

#[retry(max_retries = 0, deadline = "1s")]
async fn limited_call() -> Result<(), TimedOut> {
    pending().await
}

/// A call whose second attempt does not have the time that its limit allows.
#[retry(max_retries = 1, base_delay = "0s", deadline = "1s", attempt_timeout = "900ms")]
async fn limited_second_attempt() -> Result<(), TimedOut> {
    pending().await
}

/// Returns the error of a call that inherited a deadline and outlived the call that set it.
async fn inherited() -> TimedOut {
    let inner = RefCell::new(Box::pin(limited_call()));
    let outer = at_once(0);
    let outer = outer.call().deadline(ms(5)).run(async |_| {
        assert!(poll_once(inner.borrow_mut().as_mut()).is_pending());
        pending::<Result<(), TimedOut>>().await
    });
    assert_eq!(outer.await.unwrap_err().limit(), TimeLimit::Deadline);
    inner.into_inner().await.unwrap_err()
}

fn without_timer() -> TimedOut {
    let thread = std::thread::spawn(|| match poll_once(limited()) {
        Poll::Ready(output) => output.unwrap_err(),
        Poll::Pending => panic!("there is no runtime that could wake this call"),
    });
    thread.join().unwrap()
}

/// What a function does with a callee's error: how often it calls, and what its breaker counts as
/// (failures, ignored calls).
type Counts = (u32, (u64, u64));

const RETRIED: Counts = (4, (4, 0));
const FAILED: Counts = (1, (1, 0));
const IGNORED: Counts = (1, (0, 1));

fn counted(outer: &CircuitBreaker) -> (u64, u64) {
    let totals = outer.snapshot().totals;
    assert_eq!((totals.success, totals.abandoned), (0, 0));
    (totals.failure, totals.ignored)
}

/// Returns the counts of one function with a retry and a breaker, after checking that a retry alone
/// and a breaker alone, and plain functions, decide the same.
macro_rules! counts_with {
    ($error:ty, $callee:expr) => {{
        #[retry(jitter = none, base_delay = "0s")]
        #[circuit_breaker(breaker = outer)]
        async fn both(
            outer: &CircuitBreaker,
            calls: &Calls,
            callee: &TimedOut,
        ) -> Result<(), $error> {
            calls.next();
            Err(callee.clone())?
        }

        #[retry(jitter = none, base_delay = "0s")]
        async fn only_retry(calls: &Calls, callee: &TimedOut) -> Result<(), $error> {
            calls.next();
            Err(callee.clone())?
        }

        #[circuit_breaker(breaker = outer)]
        async fn only_breaker(outer: &CircuitBreaker, callee: &TimedOut) -> Result<(), $error> {
            Err(callee.clone())?
        }

        #[retry(jitter = none, base_delay = "0s")]
        #[circuit_breaker(breaker = outer)]
        fn plain(outer: &CircuitBreaker, calls: &Calls, callee: &TimedOut) -> Result<(), $error> {
            calls.next();
            Err(callee.clone())?
        }

        let callee: &TimedOut = $callee;
        let (outer, calls) = (breaker(100), Calls::new());
        assert!(both(&outer, &calls, callee).await.is_err());
        let counts = (calls.count(), counted(&outer));

        let (outer, calls) = (breaker(100), Calls::new());
        assert!(plain(&outer, &calls, callee).is_err());
        assert_eq!((calls.count(), counted(&outer)), counts, "plain");

        let calls = Calls::new();
        assert!(only_retry(&calls, callee).await.is_err());
        assert_eq!(calls.count(), counts.0, "only a retry");

        let outer = breaker(100);
        assert!(only_breaker(&outer, callee).await.is_err());
        let is_failure = counts.1.0 > 0;
        assert_eq!(counted(&outer) == (1, 0), is_failure, "only a breaker");
        counts
    }};
}

/// An error that wraps the time limit, and is no `Error` that could be asked for its sources.
#[derive(Debug)]
struct Opaque;

impl From<TimedOut> for Opaque {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

impl From<CircuitOpen> for Opaque {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

/// An error type of ours that names both errors of the library as sources.
#[derive(Debug)]
enum Wrapped {
    Late(TimedOut),
    Open(CircuitOpen),
}

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the callee failed")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Late(late) => Some(late),
            Self::Open(open) => Some(open),
        }
    }
}

impl From<TimedOut> for Wrapped {
    fn from(late: TimedOut) -> Self {
        Self::Late(late)
    }
}

impl From<CircuitOpen> for Wrapped {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

macro_rules! counts_of_every_type {
    ($callee:expr) => {{
        let counts = counts_with!(anyhow::Error, $callee);
        assert_eq!(counts_with!(Boxed, $callee), counts, "Box<dyn Error + Send + Sync>");
        assert_eq!(counts_with!(Box<dyn Error>, $callee), counts, "Box<dyn Error>");
        assert_eq!(counts_with!(io::Error, $callee), counts, "io::Error");
        assert_eq!(counts_with!(Wrapped, $callee), counts, "sources");
        assert_eq!(counts_with!(Opaque, $callee), RETRIED, "an error that hides its source");
        counts
    }};
}

#[tokio::test(start_paused = true)]
async fn r08_a_limit_of_an_attempt_is_retried_and_a_deadline_is_not() {
    let limit_of_attempt = limited_attempt().await.unwrap_err();
    assert_eq!(limit_of_attempt.limit(), TimeLimit::AttemptTimeout);
    assert_eq!(counts_of_every_type!(&limit_of_attempt), RETRIED);

    let limit = limited().await.unwrap_err();
    assert_eq!(limit.limit(), TimeLimit::Timeout);
    assert_eq!(counts_of_every_type!(&limit), RETRIED);

    let deadline = limited_call().await.unwrap_err();
    assert_eq!(deadline.limit(), TimeLimit::Deadline);
    assert_eq!(counts_of_every_type!(&deadline), FAILED);

    let second_attempt = limited_second_attempt().await.unwrap_err();
    assert_eq!((second_attempt.limit(), second_attempt.attempts()), (TimeLimit::Deadline, 2));
    assert_eq!(counts_of_every_type!(&second_attempt), FAILED);
}

#[tokio::test(start_paused = true)]
async fn c02_the_deadline_of_an_outer_call_says_nothing_about_the_callee() {
    let inherited = inherited().await;
    assert_eq!((inherited.limit(), inherited.after()), (TimeLimit::Deadline, ms(5)));
    assert_eq!(counts_of_every_type!(&inherited), IGNORED);
}

#[tokio::test]
async fn c04_a_limit_without_a_timer_is_neither_retried_nor_counted() {
    let late = without_timer();
    assert_eq!(late.limit(), TimeLimit::NoTimer);
    assert_eq!(counts_of_every_type!(&late), IGNORED);
}

#[tokio::test(start_paused = true)]
async fn r08_the_keys_of_the_attributes_beat_a_time_limit() {
    #[retry(jitter = none, base_delay = "0s", retry_if = |_| true)]
    #[circuit_breaker(breaker = outer, failure_if = |_| true)]
    async fn call(outer: &CircuitBreaker, calls: &Calls, late: &TimedOut) -> anyhow::Result<()> {
        calls.next();
        Err(late.clone())?
    }
    let (outer, calls) = (breaker(100), Calls::new());
    assert!(call(&outer, &calls, &inherited().await).await.is_err());
    assert_eq!((calls.count(), counted(&outer)), RETRIED);
}

#[tokio::test(start_paused = true)]
async fn r08_context_around_a_time_limit_or_a_rejection_changes_nothing() {
    use anyhow::Context;

    #[retry(jitter = none, base_delay = "0s")]
    #[circuit_breaker(breaker = outer)]
    async fn call<E: Error + Send + Sync + 'static>(
        outer: &CircuitBreaker,
        calls: &Calls,
        error: Arc<E>,
    ) -> anyhow::Result<()> {
        calls.next();
        Err::<(), _>(error).context("read the order").context("show the page")
    }

    let callee = breaker(1);
    callee.force_open();
    let open = Arc::new(callee.try_acquire().unwrap_err());
    let (outer, calls) = (breaker(100), Calls::new());
    assert!(call(&outer, &calls, open).await.is_err());
    assert_eq!((calls.count(), counted(&outer)), IGNORED);

    let (outer, calls) = (breaker(100), Calls::new());
    let late = Arc::new(limited_call().await.unwrap_err());
    assert!(call(&outer, &calls, late).await.is_err());
    assert_eq!((calls.count(), counted(&outer)), FAILED);

    let (outer, calls) = (breaker(100), Calls::new());
    let late = Arc::new(limited().await.unwrap_err());
    assert!(call(&outer, &calls, late).await.is_err());
    assert_eq!((calls.count(), counted(&outer)), RETRIED);
}

#[tokio::test(start_paused = true)]
async fn r08_the_errors_of_all_attempts_are_examined_by_the_last() {
    macro_rules! counts_with_all_errors {
        ($error:ty, $source:expr) => {{
            #[circuit_breaker(breaker = outer, order = explicit)]
            #[retry(jitter = none, base_delay = "0s", errors = all)]
            async fn call<E: Error + Send + Sync + Clone + 'static>(
                outer: &CircuitBreaker,
                calls: &Calls,
                error: &E,
            ) -> Result<(), RetryError<$error>> {
                calls.next();
                Err(error.clone())?
            }
            let (outer, calls) = (breaker(100), Calls::new());
            assert!(call(&outer, &calls, $source).await.is_err());
            (calls.count(), counted(&outer))
        }};
    }
    let callee = breaker(1);
    callee.force_open();
    let open = callee.try_acquire().unwrap_err();
    let (attempt, deadline) = (limited().await.unwrap_err(), limited_call().await.unwrap_err());
    assert_eq!(counts_with_all_errors!(anyhow::Error, &open), IGNORED);
    assert_eq!(counts_with_all_errors!(Boxed, &open), IGNORED);
    assert_eq!(counts_with_all_errors!(Box<dyn Error>, &open), IGNORED);
    assert_eq!(counts_with_all_errors!(anyhow::Error, &deadline), FAILED);
    assert_eq!(counts_with_all_errors!(Boxed, &deadline), FAILED);
    // The breaker around the loop sees one call.
    assert_eq!(counts_with_all_errors!(anyhow::Error, &attempt), (4, (1, 0)));
}

/// The function that talks to the dependency, which hangs.
#[retry(max_retries = 0, deadline = "5s")]
#[circuit_breaker(breaker = breaker)]
async fn inner(breaker: &CircuitBreaker, calls: &Calls) -> anyhow::Result<()> {
    calls.next();
    pending().await
}

#[retry(deadline = deadline, base_delay = "0s")]
#[circuit_breaker(breaker = outer)]
async fn around(
    outer: &CircuitBreaker,
    callee: &CircuitBreaker,
    calls: &Calls,
    deadline: Option<Duration>,
) -> anyhow::Result<()> {
    inner(callee, calls).await
}

/// Returns the counts (failed, abandoned) of the outer and of the inner breaker, and the number of
/// calls and the time that they took.
async fn nested(
    deadline_of_all: impl Into<Option<Duration>>,
    deadline: impl Into<Option<Duration>>,
) -> ((u64, u64), (u64, u64), u32, Duration) {
    let (outer, callee, calls) = (breaker(100), breaker(100), Calls::new());
    let start = Instant::now();
    let deadline = deadline.into();
    let result = match deadline_of_all.into() {
        Some(limit) => {
            let all = at_once(0);
            let all = all.call().deadline(limit);
            all.run(|_| around(&outer, &callee, &calls, deadline)).await
        }
        None => around(&outer, &callee, &calls, deadline).await,
    };
    let late = TimedOut::find_in(&*result.unwrap_err()).unwrap().clone();
    assert_eq!(late.limit(), TimeLimit::Deadline);
    let counts = |breaker: &CircuitBreaker| {
        let totals = breaker.snapshot().totals;
        assert_eq!((totals.success, totals.ignored, totals.rejected), (0, 0, 0));
        (totals.failure, totals.abandoned)
    };
    (counts(&outer), counts(&callee), calls.count(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn c02_a_hanging_callee_fails_at_the_breaker_whose_deadline_it_exceeds() {
    // The callee uses up its own five seconds: a failure at both, and the call is not repeated.
    assert_eq!(nested(None, None).await, ((1, 0), (1, 0), 1, 5 * SECOND));
    assert_eq!(nested(None, 10 * SECOND).await, ((1, 0), (1, 0), 1, 5 * SECOND));
    // The function around it uses up its own second.
    assert_eq!(nested(None, SECOND).await, ((1, 0), (0, 1), 1, SECOND));
    assert_eq!(nested(10 * SECOND, SECOND).await, ((1, 0), (0, 1), 1, SECOND));
    // A caller of both has less time than either allows.
    assert_eq!(nested(ms(5), SECOND).await, ((0, 1), (0, 1), 1, ms(5)));
    assert_eq!(nested(ms(5), None).await, ((0, 1), (0, 1), 1, ms(5)));
}

#[tokio::test(start_paused = true)]
async fn c02_the_outer_call_ends_at_its_deadline_also_if_its_callees_are_polled_on_their_own() {
    let (outer, callee, calls) = (breaker(100), breaker(100), Calls::new());
    let all = at_once(0);
    let all = all.call().deadline(SECOND).through(&outer).run(async |_| {
        let (one, other) =
            tokio::join!(async { inner(&callee, &calls).await.map_err(|_| Late::Down) }, async {
                inner(&callee, &calls).await.map_err(|_| Late::Down)
            },);
        one.and(other)
    });
    let start = Instant::now();
    assert_eq!(cut(all.await), (TimeLimit::Deadline, 1, SECOND));
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!((outer.snapshot().totals.failure, callee.snapshot().totals.abandoned), (1, 2));
}

#[tokio::test]
async fn c02_the_outer_call_counts_its_deadline_in_real_time_among_many_timers() {
    // The race needs real time: tokio fires timers in batches, so the timer of an inner call can
    // fire on one thread before the timer of its outer call does.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let (outer, callee) = (breaker(100_000), breaker(100_000));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let (outer, callee) = (outer.clone(), callee.clone());
            runtime.spawn(async move {
                around(&outer, &callee, &Calls::new(), Some(ms(20))).await.unwrap_err();
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let counts = |breaker: &CircuitBreaker| {
        let totals = breaker.snapshot().totals;
        (totals.failure, totals.ignored, totals.abandoned)
    };
    assert_eq!((counts(&outer), counts(&callee)), ((200, 0, 0), (0, 0, 200)));
    runtime.shutdown_background();
}
