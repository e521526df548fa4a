//! Tests of `#[circuit_breaker]` alone: names, statics, rejections, and how calls end.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use resilient::breaker::CircuitState;
use resilient::events::EventKind;
use resilient::time::Clock;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Classify, Registry, circuit_breaker,
};
use tokio::time::advance;

use resilient_testkit::{Calls, Fault, sendable};

#[tokio::test(start_paused = true)]
async fn an_annotated_function_opens_rejects_probes_and_closes() {
    #[circuit_breaker(name = "cycle", failure_threshold = 2, recovery_time = "5s")]
    async fn call(works: bool) -> Result<u32, Fault> {
        if works { Ok(1) } else { Err(Fault::Busy) }
    }
    assert_eq!(call(false).await, Err(Fault::Busy));
    assert_eq!(call(false).await, Err(Fault::Busy));
    assert!(matches!(call(true).await, Err(Fault::Open(open)) if open.breaker() == "cycle"));
    advance(Duration::from_secs(5)).await;
    assert_eq!(sendable(call(true)).await, Ok(1));
    let breaker = Registry::global().get("cycle").unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

mod client {
    use super::*;

    pub(super) struct Client {
        pub(super) base: u32,
    }

    impl Client {
        #[circuit_breaker]
        pub(super) async fn get(&self, key: &str) -> Option<u32> {
            key.parse::<u32>().ok().map(|n| n + self.base)
        }

        #[circuit_breaker]
        pub(super) async fn set(&mut self, base: u32) -> Result<(), Fault> {
            self.base = base;
            tokio::task::yield_now().await;
            Ok(())
        }
    }
}

#[tokio::test]
async fn g01_the_default_name_is_the_path_of_the_function() {
    let mut client = client::Client { base: 1 };
    client.set(2).await.unwrap();
    assert_eq!(client.get("3").await, Some(5));
    for name in
        ["attributes::breaker::client::Client::get", "attributes::breaker::client::Client::set"]
    {
        let breaker = Registry::global().get(name);
        assert_eq!(breaker.expect(name).snapshot().totals.success, 1);
    }
}

#[tokio::test]
async fn g01_functions_that_give_one_name_share_one_breaker() {
    const NAME: &str = "shared";
    #[circuit_breaker(name = NAME, failure_threshold = 1)]
    async fn first() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    #[circuit_breaker(name = "shared", failure_threshold = 1)]
    async fn second() -> Result<(), Fault> {
        Ok(())
    }
    assert_eq!(second().await, Ok(()));
    assert_eq!(first().await, Err(Fault::Busy));
    assert!(matches!(second().await, Err(Fault::Open(_))));
}

#[tokio::test]
async fn g01_default_names_never_share_even_where_paths_are_equal() {
    macro_rules! same_path {
        ($output:expr) => {{
            #[circuit_breaker(failure_threshold = 1)]
            async fn same() -> Result<u32, Fault> {
                $output
            }
            same
        }};
    }
    let fails = same_path!(Err(Fault::Busy));
    let works = same_path!(Ok(1));
    assert_eq!(works().await, Ok(1));
    assert_eq!(fails().await, Err(Fault::Busy));
    assert_eq!(
        works().await,
        Ok(1),
        "the failure of one function does not open the other's breaker"
    );
    let path =
        "attributes::breaker::g01_default_names_never_share_even_where_paths_are_equal::same";
    let names: Vec<_> = Registry::global()
        .breakers()
        .into_iter()
        .map(|breaker| breaker.name().to_owned())
        .filter(|name| name.starts_with(path))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[1].contains("breaker.rs:"), "{names:?}");
}

#[tokio::test]
async fn g03_a_function_that_gives_only_the_name_takes_the_settings_as_they_are() {
    #[circuit_breaker(name = "joined", failure_threshold = 1)]
    async fn first() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    #[circuit_breaker(name = "joined")]
    async fn second() -> Result<(), Fault> {
        Ok(())
    }
    let told = std::sync::Arc::new(Calls::new());
    let heard = std::sync::Arc::clone(&told);
    let id = Registry::global().on_event(move |event| {
        if matches!(event.kind(), EventKind::Conflict { .. }) && event.name() == "joined" {
            heard.next();
        }
    });
    first().await.unwrap_err();
    assert!(matches!(second().await, Err(Fault::Open(_))));
    Registry::global().remove_listener(id);
    assert_eq!(told.count(), 0);
}

#[tokio::test]
async fn g03_different_settings_for_one_name_are_reported_once_with_both_places() {
    #[circuit_breaker(name = "conflict", failure_threshold = 1)]
    async fn first() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    #[circuit_breaker(name = "conflict", failure_threshold = 9)]
    async fn second() -> Result<(), Fault> {
        Ok(())
    }
    let conflicts = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&conflicts);
    let id = Registry::global().on_event(move |event| {
        if let (EventKind::Conflict { first, second }, "conflict") = (event.kind(), event.name()) {
            heard.lock().unwrap().push((first.line(), second.line()));
        }
    });
    first().await.unwrap_err();
    for _ in 0..3 {
        assert!(matches!(second().await, Err(Fault::Open(_))), "the first settings hold");
    }
    Registry::global().remove_listener(id);
    let conflicts = conflicts.lock().unwrap();
    let [(first, second)] = conflicts[..] else { panic!("{conflicts:?}") };
    assert!(first < second, "{first} {second}");
}

#[tokio::test]
async fn b15_a_setting_that_is_wrong_at_run_time_falls_back_to_its_default() {
    fn none() -> u32 {
        0
    }
    #[circuit_breaker(
        name = "lenient",
        failure_threshold = none(),
        half_open_successes = none() + 2
    )]
    async fn call() -> Result<(), Fault> {
        Ok(())
    }
    let errors = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&errors);
    let id = Registry::global().on_event(move |event| {
        if let (EventKind::InvalidSetting(error), "lenient") = (event.kind(), event.name()) {
            heard.lock().unwrap().push(error.to_string());
        }
    });
    call().await.unwrap();
    call().await.unwrap();
    Registry::global().remove_listener(id);
    assert_eq!(*errors.lock().unwrap(), ["`failure_threshold` is 0: must be at least 1"]);
    let expected = BreakerConfig::builder().half_open_successes(2).build();
    assert_eq!(Registry::global().get("lenient").unwrap().config(), expected.unwrap());
}

struct Owner {
    breaker: CircuitBreaker,
    calls: u32,
}

impl Owner {
    #[circuit_breaker(breaker = self.breaker)]
    async fn shared(&self) -> Result<u32, Fault> {
        Err(Fault::Down(self.calls))
    }

    #[circuit_breaker(breaker = self.breaker)]
    async fn exclusive(&mut self) -> Result<u32, Fault> {
        self.calls += 1;
        Ok(self.calls)
    }
}

#[tokio::test]
async fn g06_a_breaker_can_belong_to_the_struct() {
    let config = BreakerConfig::builder().failure_threshold(1).build().unwrap();
    let breaker = CircuitBreaker::new("of one owner", config);
    let mut owner = Owner { breaker: breaker.clone(), calls: 0 };
    let mut other = Owner { breaker: CircuitBreaker::default(), calls: 0 };
    assert_eq!(owner.exclusive().await, Ok(1));
    owner.shared().await.unwrap_err();
    assert!(matches!(owner.exclusive().await, Err(Fault::Open(_))));
    assert_eq!(other.exclusive().await, Ok(1));
    assert!(Registry::global().get("of one owner").is_none());
}

#[tokio::test]
async fn on_open_can_return_any_output_and_use_the_arguments() {
    #[circuit_breaker(
        failure_threshold = 1,
        on_open = |open: CircuitOpen| format!("{} {order}", open.state()),
        failure_when = String::is_empty
    )]
    async fn call(order: String) -> String {
        let moved = order;
        drop(moved);
        String::new()
    }
    assert_eq!(call("first".to_owned()).await, "");
    assert_eq!(call("second".to_owned()).await, "open second");
}

#[tokio::test]
async fn b02_a_cancelled_probe_releases_its_slot() {
    #[circuit_breaker(name = "cancelled", failure_threshold = 1, recovery_time = "0s")]
    async fn call(hang: bool) -> Result<(), Fault> {
        if hang {
            std::future::pending::<()>().await;
        }
        Err(Fault::Busy)
    }
    call(false).await.unwrap_err();
    for _ in 0..3 {
        let mut probe = Box::pin(call(true));
        let poll = probe.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
        assert!(matches!(call(false).await, Err(Fault::Open(_))), "the slot is taken");
        drop(probe);
    }
    let snapshot = Registry::global().get("cancelled").unwrap().snapshot();
    assert_eq!((snapshot.probes_in_flight, snapshot.totals.abandoned), (0, 3));
}

#[tokio::test]
async fn b02_a_future_that_is_never_polled_takes_no_permit() {
    #[circuit_breaker(name = "unpolled", failure_threshold = 1, recovery_time = "0s")]
    async fn call() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    call().await.unwrap_err();
    drop(call());
    let snapshot = Registry::global().get("unpolled").unwrap().snapshot();
    assert_eq!((snapshot.state, snapshot.totals.abandoned), (CircuitState::HalfOpen, 0));
}

#[test]
fn a_call_that_panics_is_a_failure_and_panics_on() {
    #[circuit_breaker(name = "panics", failure_threshold = 1)]
    async fn call() -> Result<(), Fault> {
        std::panic::resume_unwind(Box::new("ours"))
    }
    let mut future = Box::pin(call());
    let payload = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }));
    assert_eq!(payload.unwrap_err().downcast_ref(), Some(&"ours"));
    assert_eq!(Registry::global().get("panics").unwrap().state(), CircuitState::Open);
}

#[tokio::test]
async fn abandoned_calls_can_count_as_failures() {
    #[circuit_breaker(name = "abandoned", failure_threshold = 2, abandoned = failure)]
    async fn hang() -> Result<(), Fault> {
        std::future::pending().await
    }
    for _ in 0..2 {
        let mut call = Box::pin(hang());
        let _ = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    assert_eq!(Registry::global().get("abandoned").unwrap().state(), CircuitState::Open);
}

#[test]
fn g07_threads_that_make_the_first_call_at_once_get_one_breaker() {
    #[circuit_breaker(name = "first call", failure_threshold = 1_000_000)]
    async fn call(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    let barrier = std::sync::Barrier::new(50);
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                barrier.wait();
                let mut future = Box::pin(call(&calls));
                let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            });
        }
    });
    assert_eq!(Registry::global().get("first call").unwrap().snapshot().totals.failure, 50);
}

#[tokio::test]
async fn b17_neither_a_good_output_nor_an_answered_error_reads_the_clock() {
    struct Reads(std::sync::Arc<Calls>);
    impl Clock for Reads {
        fn now(&self) -> Instant {
            self.0.next();
            Instant::now()
        }
    }
    struct NotFound;
    impl Classify for NotFound {
        fn classify(&self) -> Classification {
            Classification::answered()
        }
    }
    impl From<CircuitOpen> for NotFound {
        fn from(_: CircuitOpen) -> Self {
            Self
        }
    }
    #[circuit_breaker(breaker = *breaker)]
    async fn call(breaker: &CircuitBreaker, found: bool) -> Result<u32, NotFound> {
        if found { Ok(1) } else { Err(NotFound) }
    }
    let reads = std::sync::Arc::new(Calls::new());
    let clock = Reads(std::sync::Arc::clone(&reads));
    let breaker = CircuitBreaker::with_clock("read", BreakerConfig::default(), clock);
    let before = reads.count();
    for found in [true, false, true, false] {
        let _ = call(&breaker, found).await;
    }
    assert_eq!(reads.count(), before);
    assert_eq!(breaker.snapshot().totals.success, 4);
}
