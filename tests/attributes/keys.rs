//! Tests of the keys of `#[retry]`, and of the keys of `#[circuit_breaker]` that classify outcomes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::Attempt;
use resilient::registry::Lease;
use resilient::retries::{GiveUpEvent, RetryEvent};
use resilient::retries::{NamedRetry, StopReason};
use resilient::{CircuitOpen, Classification, Classify, RetryPolicy, circuit_breaker, retry};
use tokio::time::Instant;

use resilient_testkit::{Calls, Fault};

#[tokio::test(start_paused = true)]
async fn r01_max_retries_and_max_attempts_say_the_same() {
    #[retry(max_retries = 2)]
    async fn retries(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(max_attempts = 3)]
    async fn attempts(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(retries(&Calls::new()).await, Err(Fault::Down(3)));
    assert_eq!(attempts(&Calls::new()).await, Err(Fault::Down(3)));
}

#[tokio::test(start_paused = true)]
async fn r02_delays_follow_the_settings() {
    #[retry(
        max_retries = 4,
        base_delay = "1s",
        backoff_factor = 3,
        max_delay = "20s",
        jitter = none
    )]
    async fn fails() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    let start = Instant::now();
    fails().await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 3 + 9 + 20));
}

#[tokio::test(start_paused = true)]
async fn r02_a_custom_schedule_and_settings_from_arguments_work() {
    fn schedule(k: u32) -> Option<Duration> {
        (k == 2).then_some(Duration::from_secs(7))
    }
    #[retry(
        max_retries = retries,
        base_delay = Duration::from_secs(1),
        backoff = schedule,
        jitter = 0.0
    )]
    async fn fails(retries: u32) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    let start = Instant::now();
    fails(3).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 7 + 4));
}

#[tokio::test(start_paused = true)]
async fn r08_only_errors_that_on_matches_are_retried() {
    #[retry(on = Fault::Busy | Fault::Down(..=2))]
    async fn fails(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(fails(&calls).await, Err(Fault::Down(3)));
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn r08_except_beats_everything() {
    #[retry(on = Fault::Down(_), retry_if = |_| true, except = Fault::Down(2))]
    async fn fails(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(fails(&Calls::new()).await, Err(Fault::Down(2)));
}

#[tokio::test(start_paused = true)]
async fn r08_a_predicate_on_the_error_decides_and_may_look_at_arguments() {
    #[retry(retry_if = |fault| matches!(fault, Fault::Down(n) if *n < limit))]
    async fn fails(calls: &Calls, limit: u32) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(fails(&Calls::new(), 2).await, Err(Fault::Down(2)));
}

#[tokio::test(start_paused = true)]
async fn r08_a_predicate_on_the_whole_output_finds_a_failure_inside_ok() {
    #[retry(retry_when = |output| matches!(output, Ok(0)))]
    async fn empty_first(calls: &Calls) -> Result<u32, Fault> {
        Ok(calls.next() - 1)
    }
    #[retry(retry_when = |status: &u16| *status >= 500)]
    async fn status(calls: &Calls) -> u16 {
        if calls.next() < 3 { 503 } else { 200 }
    }
    assert_eq!(empty_first(&Calls::new()).await, Ok(1));
    assert_eq!(status(&Calls::new()).await, 200);
}

#[tokio::test(start_paused = true)]
async fn r08_none_is_a_failure() {
    #[retry]
    async fn find(calls: &Calls) -> Option<u32> {
        Some(calls.next()).filter(|n| *n > 2)
    }
    assert_eq!(find(&Calls::new()).await, Some(3));
}

#[derive(Debug, PartialEq)]
struct Known(Classification);

impl From<CircuitOpen> for Known {
    fn from(_: CircuitOpen) -> Self {
        Self(Classification::permanent())
    }
}

impl Classify for Known {
    fn classify(&self) -> Classification {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn r08_classify_is_used_where_the_error_has_it() {
    #[retry]
    async fn fails(calls: &Calls, class: Classification) -> Result<(), Known> {
        calls.next();
        Err(Known(class))
    }
    for (class, attempts) in [
        (Classification::transient(), 4),
        (Classification::throttled(), 4),
        (Classification::permanent(), 1),
        (Classification::ignored(), 1),
        (Classification::answered(), 1),
    ] {
        let calls = Calls::new();
        fails(&calls, class).await.unwrap_err();
        assert_eq!(calls.count(), attempts, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r04_the_delay_is_added_to_a_hint_and_a_hint_above_the_maximum_ends_the_loop() {
    #[retry(max_retries = 1, jitter = none, retry_after = |_| hint, max_retry_after = "10s")]
    async fn fails(hint: Option<Duration>) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    for (hint, slept) in [(None, 100), (Some(5), 5_100), (Some(10), 10_100), (Some(11), 0)] {
        let start = Instant::now();
        fails(hint.map(Duration::from_secs)).await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::from_millis(slept), "{hint:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r05_max_elapsed_ends_the_loop_before_a_useless_sleep() {
    #[retry(
        max_retries = 100,
        base_delay = "1s",
        jitter = none,
        backoff = constant,
        max_elapsed = "3500ms"
    )]
    async fn fails(calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let start = Instant::now();
    assert_eq!(fails(&Calls::new()).await, Err(Fault::Down(4)));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn r12_an_attempt_knows_itself() {
    #[retry(max_retries = 2, jitter = none, attempt = attempt)]
    async fn knowing() -> Result<Vec<(u32, u64, u64)>, (u32, Vec<(u32, u64, u64)>)> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap();
        let attempt: &Attempt<_> = attempt;
        let mut seen = match attempt.last_error() {
            Some((number, seen)) => {
                assert_eq!(*number, attempt.number() - 1);
                seen.clone()
            }
            None => Vec::new(),
        };
        seen.push((attempt.number(), millis(attempt.last_delay()), millis(attempt.elapsed())));
        if attempt.number() < 3 {
            return Err((attempt.number(), seen));
        }
        Ok(seen)
    }
    assert_eq!(knowing().await.unwrap(), [(1, 0, 0), (2, 100, 100), (3, 200, 300)]);
}

#[tokio::test(start_paused = true)]
async fn r12_without_the_key_attempt_the_failed_output_is_dropped_before_the_next_one() {
    struct Guard<'a>(&'a Mutex<u32>);
    impl<'a> Guard<'a> {
        fn new(alive: &'a Mutex<u32>) -> Self {
            *alive.lock().unwrap() += 1;
            Self(alive)
        }
    }
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() -= 1;
        }
    }
    #[retry]
    async fn fails(alive: &Mutex<u32>) -> Result<(), Guard<'_>> {
        assert_eq!(*alive.lock().unwrap(), 0);
        Err(Guard::new(alive))
    }
    let alive = Mutex::new(0);
    assert!(fails(&alive).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn r12_hooks_hear_each_sleep_and_the_end() {
    #[retry(
        max_retries = 2,
        jitter = none,
        on_retry = |retry| told.lock().unwrap().push(describe(retry)),
        on_give_up = |end: &GiveUpEvent<'_, _>| {
            let end = format!("{} {} {:?}", end.attempts(), end.reason(), end.error());
            told.lock().unwrap().push(end);
        },
    )]
    async fn fails(calls: &Calls, told: &Mutex<Vec<String>>) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    fn describe(retry: &RetryEvent<'_, Result<(), Fault>>) -> String {
        format!("{} {:?} {:?}", retry.attempt(), retry.delay(), retry.error())
    }
    let told = Mutex::default();
    fails(&Calls::new(), &told).await.unwrap_err();
    assert_eq!(
        *told.lock().unwrap(),
        ["1 100ms Some(Down(1))", "2 200ms Some(Down(2))", "3 exhausted Some(Down(3))"]
    );
}

#[tokio::test(start_paused = true)]
async fn r12_a_call_that_succeeds_does_not_report_giving_up() {
    #[retry(on_give_up = |_| unreachable!("the call did not fail"))]
    async fn succeeds(calls: &Calls) -> Result<u32, Fault> {
        match calls.next() {
            1 => Err(Fault::Busy),
            n => Ok(n),
        }
    }
    assert_eq!(succeeds(&Calls::new()).await, Ok(2));
}

struct Configured {
    policy: RetryPolicy,
}

impl Configured {
    #[retry(policy = self.policy)]
    async fn call(&mut self, calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_come_from_the_struct() {
    let policy = RetryPolicy::builder().max_retries(1).build().unwrap();
    let mut configured = Configured { policy };
    assert_eq!(configured.call(&Calls::new()).await, Err(Fault::Down(2)));
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_come_from_a_lease_or_be_shared() {
    #[retry(policy = policy)]
    async fn leased(policy: &Lease<NamedRetry>, calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    #[retry(policy = policy)]
    async fn shared(policy: &Arc<RetryPolicy>, calls: &Calls) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let policy = RetryPolicy::builder().max_retries(1).build().unwrap();
    let registry = resilient::Registry::new();
    let lease = registry.lease_retry("keys/leased", policy.clone());
    assert_eq!(leased(&lease, &Calls::new()).await, Err(Fault::Down(2)));
    let counts = registry.get_retry("keys/leased").unwrap().snapshot().counts;
    assert_eq!(counts.give_ups.of(StopReason::Exhausted), 1);
    assert_eq!(shared(&Arc::new(policy), &Calls::new()).await, Err(Fault::Down(2)));
}

#[tokio::test(start_paused = true)]
async fn b15_a_retry_setting_that_is_wrong_at_run_time_falls_back_to_its_default() {
    #[retry(max_retries = 1, backoff_factor = factor, jitter = none)]
    async fn fails(factor: f64) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    let start = Instant::now();
    fails(f64::NAN).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

/// Returns the numbers of successes, failures and ignored calls of an annotated function's breaker.
macro_rules! counted {
    ($name:literal) => {{
        let totals = resilient::Registry::global().get($name).unwrap().snapshot().totals;
        (totals.success, totals.failure, totals.ignored)
    }};
}

#[tokio::test]
async fn ignore_beats_failure_which_beats_every_error() {
    #[circuit_breaker(
        name = "keys-ignore",
        failure_threshold = 100,
        ignore = Fault::Down(1),
        ignore_if = |fault| *fault == Fault::Down(2),
        failure = Fault::Down(1..=3),
        failure_if = |fault| *fault == Fault::Down(4),
    )]
    async fn fails(n: u32) -> Result<(), Fault> {
        Err(Fault::Down(n))
    }
    for n in 1..=5 {
        fails(n).await.unwrap_err();
    }
    assert_eq!(counted!("keys-ignore"), (0, 2, 3));
}

#[tokio::test]
async fn a_failure_inside_ok_can_be_recorded_by_the_breaker() {
    #[circuit_breaker(
        name = "keys-when",
        failure_threshold = 100,
        failure_when = |output| matches!(output, Ok(500..))
    )]
    async fn status(status: u16) -> Result<u16, Fault> {
        if status == 0 { Err(Fault::Busy) } else { Ok(status) }
    }
    for code in [200, 404, 503, 0] {
        let _ = status(code).await;
    }
    assert_eq!(counted!("keys-when"), (2, 1, 1));
}

#[tokio::test]
async fn classify_tells_the_breaker() {
    #[circuit_breaker(name = "keys-classify", failure_threshold = 100)]
    async fn fails(class: Classification) -> Result<(), Known> {
        Err(Known(class))
    }
    for class in [
        Classification::transient(),
        Classification::permanent(),
        Classification::throttled(),
        Classification::ignored(),
        Classification::answered(),
    ] {
        fails(class).await.unwrap_err();
    }
    assert_eq!(counted!("keys-classify"), (1, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn b09_a_hint_holds_the_circuit_open() {
    #[circuit_breaker(
        name = "keys-hint",
        failure_threshold = 1,
        recovery_time = "1s",
        retry_after = |_| Some(Duration::from_secs(20))
    )]
    async fn fails() -> Result<(), Fault> {
        Err(Fault::Busy)
    }
    fails().await.unwrap_err();
    let Err(Fault::Open(open)) = fails().await else { panic!("admitted") };
    assert_eq!(open.retry_after(), Some(Duration::from_secs(20)));
}

#[tokio::test(start_paused = true)]
async fn r09_give_up_says_that_the_circuit_is_open() {
    #[retry(on_give_up = |end: &GiveUpEvent<'_, _>| told.lock().unwrap().push(end.reason()))]
    #[circuit_breaker(name = "keys-give-up", failure_threshold = 2)]
    async fn fails(calls: &Calls, told: &Mutex<Vec<StopReason>>) -> Result<(), Fault> {
        Err(Fault::Down(calls.next()))
    }
    let (calls, told) = (Calls::new(), Mutex::default());
    assert_eq!(fails(&calls, &told).await, Err(Fault::Down(2)));
    assert_eq!(*told.lock().unwrap(), [StopReason::CircuitOpen]);
}
