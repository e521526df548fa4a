//! `#[fallback]` replaces a failed output.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{Registry, circuit_breaker, fallback, retry, timeout};
use tokio::time::advance;

use resilient_testkit::{Calls, Fault, sendable};

fn totals(name: &str) -> resilient::breaker::CallCounts {
    Registry::global().get(name).unwrap().snapshot().totals
}

#[test]
fn c05_a_failed_output_is_replaced_by_a_value() {
    #[fallback(value = Vec::new())]
    fn list(fails: bool) -> Result<Vec<u8>, Fault> {
        if fails { Err(Fault::Busy) } else { Ok(vec![1]) }
    }
    #[fallback(value = 7)]
    fn number(fails: bool) -> Option<u64> {
        (!fails).then_some(1)
    }
    assert_eq!((list(false), list(true)), (Ok(vec![1]), Ok(vec![])));
    assert_eq!((number(false), number(true)), (Some(1), Some(7)));
}

#[tokio::test]
async fn c05_a_closure_makes_the_output_of_error_and_arguments() {
    #[fallback(with = |error| match error {
        Fault::Down(n) => Ok(format!("{n} {name}")),
        other => Err(other),
    })]
    async fn call(name: String, error: Fault) -> Result<String, Fault> {
        tokio::task::yield_now().await;
        drop(name);
        Err(error)
    }
    let output = sendable(call("x".to_owned(), Fault::Down(3))).await;
    assert_eq!(output.as_deref(), Ok("3 x"));
    assert_eq!(call("x".to_owned(), Fault::Busy).await, Err(Fault::Busy));
}

#[tokio::test]
async fn c05_an_async_closure_block_or_function_is_awaited() {
    async fn later(error: Fault) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        at_once(error)
    }
    fn at_once(error: Fault) -> Result<u32, Fault> {
        match error {
            Fault::Down(n) => Ok(n),
            other => Err(other),
        }
    }
    fn boxed(error: Fault) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send>> {
        Box::pin(later(error))
    }
    #[fallback(with = async |error| later(error).await.map(|n| n + factor))]
    async fn closure(factor: u32) -> Result<u32, Fault> {
        Err(Fault::Down(1))
    }
    #[fallback(with = |error| async move { later(error).await })]
    async fn block() -> Result<u32, Fault> {
        Err(Fault::Down(2))
    }
    #[fallback(with = |error| {
        let factor = 2;
        async move { later(error).await.map(|n| n * factor) }
    })]
    async fn statements() -> Result<u32, Fault> {
        Err(Fault::Down(3))
    }
    #[fallback(with = later)]
    async fn path() -> Result<u32, Fault> {
        Err(Fault::Down(4))
    }
    #[fallback(with = at_once)]
    async fn path_of_a_plain_one() -> Result<u32, Fault> {
        Err(Fault::Down(5))
    }
    #[fallback(with = self::tests_path::boxed(boxed))]
    async fn expression() -> Result<u32, Fault> {
        Err(Fault::Down(6))
    }
    #[fallback(with = |()| None)]
    async fn option() -> Option<Box<dyn std::fmt::Debug + Send>> {
        None
    }
    assert_eq!(sendable(closure(10)).await, Ok(11));
    assert_eq!(sendable(block()).await, Ok(2));
    assert_eq!(sendable(statements()).await, Ok(6));
    assert_eq!(sendable(path()).await, Ok(4));
    assert_eq!(sendable(path_of_a_plain_one()).await, Ok(5));
    assert_eq!(sendable(expression()).await, Ok(6));
    assert!(sendable(option()).await.is_none());
}

mod tests_path {
    pub(super) fn boxed<F>(make: F) -> F {
        make
    }
}

#[test]
fn c05_patterns_choose_the_errors_to_replace() {
    #[fallback(
        value = 0,
        on = Fault::Down(_) | Fault::Busy,
        except = Fault::Down(n) if *n == special
    )]
    fn call(special: u32, error: Fault) -> Result<u32, Fault> {
        Err(error)
    }
    #[fallback(with = |error| { drop(error); Ok(1) }, except = Fault::Busy)]
    fn other(fault: Fault) -> Result<u32, Fault> {
        Err(fault)
    }
    assert_eq!(call(2, Fault::Down(1)), Ok(0));
    assert_eq!(call(2, Fault::Busy), Ok(0));
    assert_eq!(call(2, Fault::Down(2)), Err(Fault::Down(2)));
    assert_eq!(other(Fault::Down(2)), Ok(1));
    assert_eq!(other(Fault::Busy), Err(Fault::Busy));
}

struct Store {
    cache: Vec<String>,
    calls: Calls,
}

impl Store {
    #[fallback(with = |_| self.cached(&key))]
    #[retry(max_retries = 1, base_delay = "1ms")]
    async fn load(&mut self, key: String, log: &mut Vec<u32>) -> Result<String, Fault> {
        log.push(self.calls.next());
        self.cache.push(key);
        tokio::task::yield_now().await;
        Err(Fault::Busy)
    }

    fn cached(&mut self, key: &str) -> Result<String, Fault> {
        if key.is_empty() {
            return Err(Fault::Busy);
        }
        self.cache.push("fallback".to_owned());
        Ok(format!("{key} of {}", self.cache.len()))
    }

    #[fallback(with = async |error| { self.note(&error, log).await; Err(error) })]
    async fn fail(&mut self, log: &mut Vec<u32>) -> Result<String, Fault> {
        log.push(1);
        self.calls.next();
        Err(Fault::Busy)
    }

    async fn note(&mut self, error: &Fault, log: &mut Vec<u32>) {
        tokio::task::yield_now().await;
        log.push(2);
        self.cache.push(format!("{error:?}"));
    }

    #[fallback(value = self.cache.len())]
    fn consume(self) -> Result<usize, Fault>
    where
        Self: Clone,
    {
        drop(self);
        Err(Fault::Busy)
    }
}

impl Clone for Store {
    fn clone(&self) -> Self {
        Self { cache: self.cache.clone(), calls: Calls::new() }
    }
}

#[tokio::test(start_paused = true)]
async fn c05_a_fallback_of_a_method_may_change_self_after_the_body() {
    let mut store = Store { cache: Vec::new(), calls: Calls::new() };
    let mut log = Vec::new();
    let output = sendable(store.load("tea".to_owned(), &mut log)).await;
    assert_eq!(output.as_deref(), Ok("tea of 3"));
    assert_eq!(log, [1, 2]);
    assert_eq!(sendable(store.fail(&mut log)).await, Err(Fault::Busy));
    assert_eq!(log, [1, 2, 1, 2]);
    assert_eq!(store.cache[3], "Busy");
    assert_eq!(store.consume(), Ok(4));
}

#[tokio::test(start_paused = true)]
async fn row_p13_a_fallback_above_all_sees_the_end_of_the_loop() {
    #[fallback(value = 0)]
    #[retry(max_retries = 2, base_delay = "1ms")]
    #[circuit_breaker(name = "P13", failure_threshold = 5)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(sendable(call(&calls)).await, Ok(0));
    assert_eq!(calls.count(), 3);
    assert_eq!(totals("P13").failure, 3);
    assert_eq!(Registry::global().get("P13").unwrap().state(), CircuitState::Closed);
}

#[test]
fn row_p15_a_fallback_takes_the_place_of_a_rejection() {
    #[fallback(value = 0)]
    #[circuit_breaker(name = "P15")]
    fn call(calls: &Calls) -> Result<u32, Fault> {
        Ok(calls.next())
    }
    let calls = Calls::new();
    assert_eq!(call(&calls), Ok(1));
    Registry::global().get("P15").unwrap().force_open();
    assert_eq!(call(&calls), Ok(0));
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn c05_a_fallback_replaces_a_timeout_below_it_like_any_failure() {
    #[fallback(with = |error: Fault| { assert!(matches!(error, Fault::TimedOut(_))); Ok(item) })]
    #[timeout("1s")]
    async fn call(item: String) -> Result<String, Fault> {
        std::future::pending::<()>().await;
        Ok(item)
    }
    assert_eq!(sendable(call("x".to_owned())).await.as_deref(), Ok("x"));
}

#[tokio::test(start_paused = true)]
async fn c05_a_timeout_above_a_fallback_also_limits_the_fallback() {
    #[timeout("1s")]
    #[fallback(with = async |_| { std::future::pending::<()>().await; Ok(item) })]
    async fn call(item: String) -> Result<String, Fault> {
        drop(item);
        Err(Fault::Busy)
    }
    assert!(matches!(sendable(call("x".to_owned())).await, Err(Fault::TimedOut(_))));
}

#[tokio::test(start_paused = true)]
async fn c05_below_a_retry_an_explicit_fallback_may_replace_each_attempt() {
    #[retry(max_retries = 4, base_delay = "1ms")]
    #[fallback(order = explicit, on = Fault::Down(3), with = |_| Ok(item.len()))]
    async fn call(calls: &Calls, item: String) -> Result<usize, Fault> {
        drop(item);
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(sendable(call(&calls, "xx".to_owned())).await, Ok(2));
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn c05_between_retry_and_breaker_a_fallback_hides_timeouts_and_rejections() {
    #[retry(max_retries = 4, base_delay = "1ms", attempt_timeout = "1s")]
    #[fallback(order = explicit, value = 0, on = Fault::Open(_) | Fault::TimedOut(_))]
    #[circuit_breaker(name = "fallback between", failure_threshold = 2)]
    async fn call(calls: &Calls, hangs: bool) -> Result<u32, Fault> {
        let call = calls.next();
        if hangs {
            std::future::pending::<()>().await;
        }
        Err(Fault::Down(call))
    }
    let calls = Calls::new();
    assert_eq!(sendable(call(&calls, true)).await, Ok(0));
    assert_eq!(calls.count(), 1);
    assert_eq!(call(&calls, false).await, Err(Fault::Down(2)), "it opened the circuit");
    assert_eq!(call(&calls, false).await, Ok(0), "it replaces the rejection");
    assert_eq!(totals("fallback between").failure, 2);
}

#[tokio::test(start_paused = true)]
async fn c05_a_retry_does_not_wait_after_a_rejection_that_a_fallback_replaces() {
    #[retry(max_retries = 4, when_open = wait)]
    #[fallback(order = explicit, value = 0)]
    #[circuit_breaker(name = "rejection replaced")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Ok(calls.next())
    }
    let calls = Calls::new();
    assert_eq!(call(&calls).await, Ok(1));
    let breaker = Registry::global().get("rejection replaced").unwrap();
    breaker.trip().unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(call(&calls).await, Ok(0));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn c05_a_breaker_above_a_fallback_records_its_replacement() {
    #[circuit_breaker(name = "fallback below")]
    #[fallback(order = explicit, value = 0)]
    #[timeout("1s")]
    async fn call(item: String) -> Result<u32, Fault> {
        std::future::pending::<()>().await;
        drop(item);
        Ok(1)
    }
    assert_eq!(sendable(call("x".to_owned())).await, Ok(0));
    let totals = totals("fallback below");
    assert_eq!((totals.success, totals.failure), (1, 0));
}

#[test]
fn fm_b4_a_panic_in_a_fallback_goes_on_and_counts_once() {
    #[fallback(with = |_| panic!("in the fallback"))]
    #[circuit_breaker(name = "B4 above")]
    fn above() -> Result<u32, Fault> {
        Err(Fault::Busy)
    }
    #[circuit_breaker(name = "B4 below")]
    #[fallback(order = explicit, with = |_| panic!("in the fallback"))]
    fn below() -> Result<u32, Fault> {
        Err(Fault::Busy)
    }
    for call in [above, below] {
        let panic = std::panic::catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"in the fallback"));
    }
    for name in ["B4 above", "B4 below"] {
        let totals = totals(name);
        assert_eq!((totals.failure, totals.abandoned), (1, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_dropped_in_its_fallback_stops_completely() {
    #[fallback(with = async |_| { fallbacks.next(); tokio::task::yield_now().await; Ok(1) })]
    #[retry(max_retries = 1, base_delay = "1s", jitter = none, attempt_timeout = "2s")]
    #[circuit_breaker(name = "dropped in a fallback", failure_threshold = 100)]
    async fn call(calls: &Calls, fallbacks: &Calls) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        if calls.next() % 2 == 0 {
            std::future::pending::<()>().await;
        }
        Err(Fault::Busy)
    }
    let (calls, fallbacks) = (Calls::new(), Calls::new());
    let mut finished = 0;
    for polls in 0..14 {
        let mut running = Box::pin(call(&calls, &fallbacks));
        for _ in 0..polls {
            let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if poll.is_ready() {
                finished += 1;
                break;
            }
            advance(Duration::from_millis(600)).await;
        }
        drop(running);
        let made = (calls.count(), fallbacks.count());
        advance(Duration::from_secs(60)).await;
        assert_eq!((calls.count(), fallbacks.count()), made);
    }
    assert!(finished > 0 && fallbacks.count() > finished);
    let totals = totals("dropped in a fallback");
    assert!(totals.abandoned > 0 && totals.success == 0);
}
