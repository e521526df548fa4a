//! Rule C2: the attributes, in every order and on every kind of function.

use std::pin::Pin;
use std::time::Duration;

use resilient::breaker::{CallCounts, CircuitState};
use resilient::retries::TimeLimit;
use resilient::{CircuitBreaker, Registry, circuit_breaker, fallback, retry, timeout};
use resilient_testkit::{Calls, Fault, sendable};
use tokio::time::sleep;

use super::{ABANDONED, FAILED, counts};
use crate::support::retry::{SECOND, breaker};

const MINUTE: Duration = Duration::from_secs(60);

async fn hang() {
    std::future::pending::<()>().await;
}

fn totals(name: &str) -> CallCounts {
    Registry::global().get(name).unwrap().snapshot().totals
}

#[retry(deadline = "1s")]
#[circuit_breaker(breaker = breaker)]
#[timeout(limit)]
async fn timed(breaker: &CircuitBreaker, limit: Option<Duration>) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[retry(deadline = deadline, attempt_timeout = attempt_timeout, max_retries = 0)]
#[circuit_breaker(breaker = breaker)]
async fn limited(
    breaker: &CircuitBreaker,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[retry(deadline = deadline)]
#[circuit_breaker(breaker = breaker)]
#[timeout("60s")]
async fn literal(breaker: &CircuitBreaker, deadline: Duration) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[retry(deadline = "1s", attempt_timeout = "1s")]
#[circuit_breaker(breaker = breaker)]
#[timeout("1s")]
async fn equal(breaker: &CircuitBreaker) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[retry(deadline = "1s")]
#[circuit_breaker(breaker = breaker)]
#[timeout("1s")]
async fn equal_timeout(breaker: &CircuitBreaker) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[retry(deadline = "1s")]
#[timeout(limit)]
#[circuit_breaker(breaker = breaker, order = explicit)]
async fn timed_above(breaker: &CircuitBreaker, limit: Option<Duration>) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

/// Makes ten calls that hang. The circuit opens at the third failure.
macro_rules! opens {
    ($($name:ident($($argument:expr),*);)*) => {$({
        let breaker = breaker(3);
        for _ in 0..10 {
            assert!(sendable($name(&breaker, $($argument),*)).await.is_err());
        }
        let call = stringify!($name($($argument),*));
        assert_eq!(counts(&breaker), (3, 0), "{call}");
        assert_eq!(breaker.state(), CircuitState::Open, "{call}");
    })*};
}

#[tokio::test(start_paused = true)]
async fn c02_ten_calls_that_hang_open_the_circuit_whatever_the_limits_are() {
    let (second, minute) = (Some(SECOND), Some(MINUTE));
    opens! {
        timed(None);
        timed(minute);
        timed(second);
        timed(Some(Duration::MAX));
        timed(Some(Duration::from_micros(10)));
        limited(second, None);
        limited(None, second);
        limited(second, minute);
        limited(second, Some(3 * SECOND));
        limited(second, second);
        limited(second, Some(Duration::MAX));
        literal(SECOND);
        literal(MINUTE);
        equal();
        equal_timeout();
        timed_above(None);
        timed_above(minute);
    }
}

#[tokio::test(start_paused = true)]
async fn c02_a_timeout_between_the_retry_and_the_breaker_abandons_the_permits_below_it() {
    let breaker = breaker(1);
    assert!(timed_above(&breaker, Some(SECOND / 2)).await.is_err());
    let (failures, abandoned) = counts(&breaker);
    assert_eq!((failures, abandoned), (0, 2), "the attempts at 0 s and at about 0.5 s");
}

struct Client {
    breaker: CircuitBreaker,
    limit: Option<Duration>,
    log: Vec<u32>,
}

impl Client {
    #[retry(deadline = "1s", max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(breaker = self.breaker)]
    #[timeout(self.limit)]
    async fn second(&mut self, item: String) -> Result<String, Fault> {
        self.log.push(1);
        if self.log.len() == 1 {
            sleep(SECOND / 2).await;
            return Err(Fault::Busy);
        }
        hang().await;
        Ok(item)
    }

    #[expect(clippy::manual_async_fn, reason = "the test needs this form")]
    #[retry(deadline = "1s", max_retries = 0)]
    #[circuit_breaker(breaker = self.breaker)]
    #[timeout(self.limit)]
    fn returned(&self) -> impl Future<Output = Result<u32, Fault>> + Send {
        async move {
            hang().await;
            Ok(1)
        }
    }

    #[retry(deadline = "1s", max_retries = 0)]
    #[circuit_breaker(breaker = self.breaker)]
    #[timeout(self.limit)]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + '_>> {
        Box::pin(async move {
            hang().await;
            Some(1)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn c02_the_limit_of_a_later_attempt_is_read_when_the_attempt_starts() {
    for (limit, second) in [
        (None, FAILED),
        (Some(SECOND / 2), FAILED),
        (Some(SECOND * 3 / 4), ABANDONED),
        (Some(MINUTE), ABANDONED),
    ] {
        let mut client = Client { breaker: breaker(5), limit, log: Vec::new() };
        assert!(sendable(client.second("x".to_owned())).await.is_err());
        let (failures, abandoned) = counts(&client.breaker);
        assert_eq!((failures - 1, abandoned), second, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn c02_functions_that_return_futures_count_failures_in_the_same_way() {
    for limit in [None, Some(SECOND), Some(MINUTE)] {
        let client = Client { breaker: breaker(5), limit, log: Vec::new() };
        assert!(sendable(client.returned()).await.is_err());
        assert_eq!(sendable(client.boxed()).await, None);
        assert_eq!(counts(&client.breaker), (2, 0), "{limit:?}");
    }
}

#[retry(deadline = "1s", max_retries = 1, base_delay = "0s")]
#[circuit_breaker(name = "c02 around a fallback")]
#[fallback(value = 7, except = Fault::TimedOut(_) | Fault::Busy, order = explicit)]
#[timeout(limit)]
async fn around_fallback(calls: &Calls, limit: Option<Duration>) -> Result<u32, Fault> {
    if calls.next() == 1 {
        sleep(SECOND / 2).await;
        return Err(Fault::Busy);
    }
    hang().await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn c02_a_timeout_below_a_fallback_is_a_limit_of_the_attempt() {
    assert!(sendable(around_fallback(&Calls::new(), None)).await.is_err());
    let before = totals("c02 around a fallback");
    assert_eq!((before.failure, before.abandoned), (2, 0));
    assert!(sendable(around_fallback(&Calls::new(), Some(MINUTE))).await.is_err());
    let after = totals("c02 around a fallback");
    assert_eq!((after.failure - before.failure, after.abandoned), (1, 1));
}

#[retry(deadline = deadline, attempt_timeout = "1m", max_retries = 0)]
#[circuit_breaker(name = "c02 keyed", key = host.to_owned(), failure_threshold = 3)]
async fn keyed(host: &str, deadline: Duration) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn c02_the_breaker_of_a_key_counts_the_cut_of_its_host() {
    for _ in 0..10 {
        assert!(sendable(keyed("hangs", SECOND)).await.is_err());
        let other = keyed("other", MINUTE);
        let _ = tokio::time::timeout(SECOND, other).await;
    }
    let state = |host: &str| {
        let mut all = Registry::global().breakers().into_iter();
        all.find(|breaker| breaker.name() == "c02 keyed" && breaker.key() == Some(host))
            .map(|breaker| (breaker.state(), counts(&breaker)))
    };
    assert_eq!(state("hangs"), Some((CircuitState::Open, (3, 0))));
    assert_eq!(state("other"), Some((CircuitState::Closed, (0, 10))), "dropped by its caller");
}

#[retry(deadline = "1s", attempt_timeout = limit, max_retries = 0)]
#[circuit_breaker(name = "c02 ignored", ignore = Fault::TimedOut(_))]
async fn ignored(limit: Duration) -> Result<u32, Fault> {
    hang().await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn c02_a_breaker_may_ignore_the_cut_of_a_deadline() {
    assert!(ignored(MINUTE).await.is_err());
    let totals = totals("c02 ignored");
    assert_eq!((totals.failure, totals.ignored, totals.abandoned), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn c02_the_error_names_the_limit_that_cut_the_call() {
    let breaker = breaker(5);
    let limit = |output: Result<u32, Fault>| match output {
        Err(Fault::TimedOut(timed_out)) => timed_out.limit(),
        other => panic!("{other:?}"),
    };
    let second = Some(SECOND);
    assert_eq!(limit(limited(&breaker, second, second).await), TimeLimit::Deadline);
    assert_eq!(limit(limited(&breaker, None, second).await), TimeLimit::AttemptTimeout);
    assert_eq!(limit(timed(&breaker, None).await), TimeLimit::Deadline);
    assert_eq!(counts(&breaker).1, 0);
}

#[tokio::test(start_paused = true)]
async fn c02_an_attempt_that_times_out_is_a_failure_to_a_breaker_with_patterns() {
    #[retry(deadline = "1s", attempt_timeout = "1s", max_retries = 0)]
    #[circuit_breaker(name = "c02 patterns", failure_threshold = 1, failure = Fault::Busy)]
    async fn call() -> Result<u32, Fault> {
        hang().await;
        Ok(1)
    }
    assert!(call().await.is_err());
    let totals = totals("c02 patterns");
    assert_eq!((totals.failure, totals.abandoned), FAILED);
}
