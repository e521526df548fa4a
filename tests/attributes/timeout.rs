//! `#[timeout]` ends a slow call, and the attributes above it see a failure.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use resilient::retries::TimeLimit;
use resilient::{Registry, circuit_breaker, retry, timeout};
use tokio::time::{Instant, advance, sleep};

use resilient_testkit::{Calls, Fault, sendable};

fn totals(name: &str) -> resilient::breaker::CallCounts {
    Registry::global().get(name).unwrap().snapshot().totals
}

async fn hang() {
    std::future::pending::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn c04_a_slow_call_is_cancelled_and_returns_a_timeout() {
    struct Guard<'a>(&'a Calls);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.next();
        }
    }
    #[timeout("2s")]
    async fn call(dropped: &Calls, time: Duration) -> Result<u8, Fault> {
        let _guard = Guard(dropped);
        sleep(time).await;
        Ok(1)
    }
    let (dropped, start) = (Calls::new(), Instant::now());
    let output = sendable(call(&dropped, Duration::from_secs(1))).await;
    assert_eq!((output, dropped.count()), (Ok(1), 1));
    let output = call(&dropped, Duration::from_secs(60)).await;
    assert!(matches!(&output, Err(Fault::TimedOut(timed_out))
        if timed_out.limit() == TimeLimit::Timeout && timed_out.after() == Duration::from_secs(2)));
    assert_eq!(dropped.count(), 2, "they are dropped before the call returns");
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 2));
}

#[tokio::test(start_paused = true)]
async fn c04_an_option_is_none() {
    #[timeout("1s")]
    async fn call() -> Option<u8> {
        hang().await;
        Some(1)
    }
    assert_eq!(call().await, None);
}

struct Client {
    limit: Duration,
    log: Vec<u8>,
}

impl Client {
    #[timeout(self.limit)]
    async fn get(&mut self, item: String) -> Result<String, Fault> {
        self.log.push(1);
        hang().await;
        Ok(item)
    }

    #[retry(max_retries = 1, base_delay = "1s", jitter = none)]
    #[timeout(self.limit + Duration::from_secs(extra.len() as u64))]
    async fn again(&mut self, extra: String) -> Result<String, Fault> {
        self.log.push(2);
        hang().await;
        Ok(extra)
    }

    #[timeout(limit)]
    async fn owned(self: Arc<Self>, limit: Option<Duration>) -> Result<usize, Fault> {
        sleep(self.limit * 2).await;
        Ok(self.log.len())
    }
}

#[tokio::test(start_paused = true)]
async fn c04_the_time_may_name_self_and_arguments() {
    let mut client = Client { limit: Duration::from_secs(3), log: Vec::new() };
    let start = Instant::now();
    assert!(sendable(client.get("x".to_owned())).await.is_err());
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    let start = Instant::now();
    assert!(sendable(client.again("xx".to_owned())).await.is_err());
    assert_eq!(start.elapsed(), Duration::from_secs(5 + 1 + 5));
    assert_eq!(client.log, [1, 2, 2]);
    let client = Arc::new(client);
    let limit = Some(Duration::from_secs(1));
    assert!(sendable(Arc::clone(&client).owned(limit)).await.is_err());
    assert_eq!(client.owned(None).await, Ok(3), "`None` sets no limit");
}

#[tokio::test(start_paused = true)]
async fn c04_a_breaker_above_records_a_timed_out_call_as_a_failure_despite_its_patterns() {
    #[circuit_breaker(name = "timeout below", failure_threshold = 1, failure = Fault::Busy)]
    #[timeout("1s")]
    async fn call() -> Result<u8, Fault> {
        hang().await;
        Ok(1)
    }
    assert!(matches!(sendable(call()).await, Err(Fault::TimedOut(_))));
    assert_eq!(totals("timeout below").failure, 1);
    assert!(matches!(call().await, Err(Fault::Open(_))));
}

#[tokio::test(start_paused = true)]
async fn c04_a_breaker_above_may_ignore_a_timeout() {
    #[circuit_breaker(name = "timeout ignored", failure_threshold = 1, ignore = Fault::TimedOut(_))]
    #[timeout("1s")]
    async fn call() -> Result<u8, Fault> {
        hang().await;
        Ok(1)
    }
    assert!(call().await.is_err());
    let totals = totals("timeout ignored");
    assert_eq!((totals.failure, totals.ignored), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn c04_a_timeout_abandons_the_permits_below_it() {
    #[timeout("1s")]
    #[circuit_breaker(name = "timeout above", failure_threshold = 1, order = explicit)]
    async fn call(item: String) -> Result<String, Fault> {
        if item.is_empty() {
            return Err(Fault::Busy);
        }
        hang().await;
        Ok(item)
    }
    assert!(matches!(sendable(call("x".to_owned())).await, Err(Fault::TimedOut(_))));
    let before = totals("timeout above");
    assert_eq!((before.failure, before.abandoned), (0, 1));
    assert_eq!(call(String::new()).await, Err(Fault::Busy));
    assert!(matches!(call(String::new()).await, Err(Fault::Open(_))));
}

#[tokio::test(start_paused = true)]
async fn c04_a_timeout_above_a_retry_limits_all_attempts_together() {
    #[timeout("5s")]
    #[retry(max_retries = 9, base_delay = "2s", jitter = none, backoff = constant)]
    async fn call(calls: &Calls, item: String, hangs: u32) -> Result<String, Fault> {
        if calls.next() == hangs {
            hang().await;
        }
        drop(item);
        Err(Fault::Busy)
    }
    let (calls, start) = (Calls::new(), Instant::now());
    let output = sendable(call(&calls, "x".to_owned(), 3)).await;
    assert!(matches!(output, Err(Fault::TimedOut(_))));
    assert_eq!(calls.count(), 3, "at 0, 2 and 4 seconds");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let start = Instant::now();
    let output = call(&Calls::new(), "x".to_owned(), 4).await;
    assert_eq!(output, Err(Fault::Busy), "the sleep would exceed the limit");
    assert_eq!(start.elapsed(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn row_p16_a_retry_tries_again_after_a_timeout() {
    #[retry(max_retries = 2, base_delay = "1ms")]
    #[timeout("50ms")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        let call = calls.next();
        if call < 3 {
            sleep(Duration::from_secs(1)).await;
        }
        Ok(call)
    }
    let calls = Calls::new();
    assert_eq!(sendable(call(&calls)).await, Ok(3));
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn r06_a_timeout_below_is_not_tried_again_where_except_matches_it() {
    #[retry(except = Fault::TimedOut(_))]
    #[timeout("50ms")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        calls.next();
        hang().await;
        Ok(1)
    }
    let calls = Calls::new();
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn row_p08_timeouts_open_the_circuit_and_end_the_loop() {
    #[retry(max_retries = 7, base_delay = "1ms")]
    #[circuit_breaker(name = "P08", window = 4, failure_rate = 0.75, min_calls = 4)]
    #[timeout("100ms")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        calls.next();
        sleep(Duration::from_secs(5)).await;
        Ok(1)
    }
    let calls = Calls::new();
    assert!(matches!(sendable(call(&calls)).await, Err(Fault::TimedOut(_))));
    assert_eq!(calls.count(), 4);
    let breaker = Registry::global().get("P08").unwrap();
    assert_eq!(breaker.state(), resilient::breaker::CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn c01_a_timeout_between_retry_and_breaker_does_not_change_rejections() {
    #[retry(max_retries = 5, base_delay = "1s", jitter = none)]
    #[timeout("10s")]
    #[circuit_breaker(name = "timeout between", failure_threshold = 2, order = explicit)]
    async fn call(calls: &Calls, item: String) -> Result<String, Fault> {
        tokio::task::yield_now().await;
        let n = calls.next();
        if n == 7 {
            hang().await;
            return Ok(item);
        }
        Err(Fault::Down(n))
    }
    let calls = Calls::new();
    let output = sendable(call(&calls, "x".to_owned())).await;
    assert_eq!(output, Err(Fault::Down(2)), "the failure that opened the circuit");
    assert!(matches!(call(&calls, String::new()).await, Err(Fault::Open(_))));
    assert_eq!(calls.count(), 2);
    let breaker = Registry::global().get("timeout between").unwrap();
    breaker.close();
    let mut running = Box::pin(call(&calls, String::new()));
    for _ in 0..2 {
        let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
    }
    breaker.force_open();
    assert_eq!(running.await, Err(Fault::Down(3)), "the error of the last attempt");
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_dropped_at_any_poll_stops_completely() {
    #[retry(
        max_retries = 2,
        base_delay = "1s",
        jitter = none,
        deadline = "60s",
        attempt_timeout = "5s"
    )]
    #[circuit_breaker(name = "dropped in time", failure_threshold = 100)]
    #[timeout("4s")]
    async fn call(calls: &Calls, item: String) -> Result<String, Fault> {
        tokio::task::yield_now().await;
        if calls.next() % 2 == 0 {
            hang().await;
        }
        tokio::task::yield_now().await;
        drop(item);
        Err(Fault::Busy)
    }
    let calls = Calls::new();
    for polls in 0..24 {
        let mut running = Box::pin(call(&calls, "x".to_owned()));
        for _ in 0..polls {
            let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if poll.is_ready() {
                break;
            }
            advance(Duration::from_millis(700)).await;
        }
        drop(running);
        let made = calls.count();
        advance(Duration::from_secs(60)).await;
        assert_eq!(calls.count(), made, "no attempt continues");
    }
    let totals = totals("dropped in time");
    assert!(totals.failure > 0 && totals.abandoned > 0, "{totals:?}");
    assert_eq!(totals.success, 0);
}

#[expect(clippy::manual_async_fn, reason = "the test needs this form")]
#[timeout("1s")]
fn opaque(item: String) -> impl Future<Output = Result<String, Fault>> + Send {
    async move {
        hang().await;
        Ok(item)
    }
}

#[retry(max_retries = 1, base_delay = "0s")]
#[timeout("1s")]
fn boxed<'a>(
    calls: &'a Calls,
    item: String,
) -> std::pin::Pin<Box<dyn Future<Output = Result<String, Fault>> + Send + 'a>> {
    Box::pin(async move {
        calls.next();
        hang().await;
        Ok(item)
    })
}

#[timeout("1s")]
#[circuit_breaker(name = "made by statements", order = explicit)]
fn statements(ready: bool) -> impl Future<Output = Result<bool, Fault>> + Send {
    if ready {
        return futures_ready(ready);
    }
    futures_ready(false)
}

fn futures_ready(ready: bool) -> std::future::Ready<Result<bool, Fault>> {
    std::future::ready(Ok(ready))
}

#[tokio::test(start_paused = true)]
async fn c04_a_timeout_also_ends_functions_that_return_futures() {
    assert!(sendable(opaque("x".to_owned())).await.is_err());
    let calls = Calls::new();
    assert!(sendable(boxed(&calls, "x".to_owned())).await.is_err());
    assert_eq!(calls.count(), 2);
    assert_eq!(sendable(statements(true)).await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn c03_arguments_cloned_below_a_timeout_need_not_be_sync() {
    #[timeout("1m")]
    #[retry(max_retries = 1, base_delay = "1s", jitter = none)]
    async fn cloned(calls: &Calls, cell: std::cell::Cell<u32>) -> Result<u32, Fault> {
        cell.set(cell.get() + calls.next());
        tokio::task::yield_now().await;
        take(cell)
    }
    fn take(cell: std::cell::Cell<u32>) -> Result<u32, Fault> {
        match cell.into_inner() {
            8 => Err(Fault::Busy),
            n => Ok(n),
        }
    }
    let output = sendable(cloned(&Calls::new(), std::cell::Cell::new(7))).await;
    assert_eq!(output, Ok(9), "of its own copy");
}

#[tokio::test(start_paused = true)]
async fn r06_a_timeout_inside_an_attempt_timeout_is_the_nearer_one() {
    #[retry(max_retries = 0, attempt_timeout = outer, deadline = "1m")]
    #[timeout(inner)]
    async fn call(outer: Duration, inner: Duration) -> Result<u32, Fault> {
        hang().await;
        Ok(1)
    }
    let (short, long) = (Duration::from_secs(1), Duration::from_secs(2));
    for (outer, inner, expected) in
        [(short, long, TimeLimit::AttemptTimeout), (long, short, TimeLimit::Timeout)]
    {
        let Err(Fault::TimedOut(timed_out)) = sendable(call(outer, inner)).await else {
            panic!("the call hangs");
        };
        assert_eq!(timed_out.limit(), expected);
    }
}
