//! Overrides of a retry while calls run.

use std::time::Duration;

use resilient::registry::RetryOverride;
use resilient::retries::{AttemptEnd, StopReason, TimedOut};
use resilient::{Classification, Registry, RetryPolicy, retry};
use resilient_testkit::Fault;
use tokio::time::Instant;

use crate::support::retry::{SECOND, at_once, build, exact};

const FAILED: AttemptEnd<'static> = AttemptEnd::Failed(Classification::transient());

#[test]
fn r15_an_override_reaches_a_running_call_at_its_next_failure() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", at_once(9));
    let mut driver = retry.start();
    driver.after(FAILED, None).unwrap();
    assert_eq!(driver.max_attempts(), 10);
    registry.override_retry("stock", RetryPolicy::builder().max_retries(3)).unwrap();
    driver.begin_attempt();
    driver.after(FAILED, None).unwrap();
    assert_eq!(driver.max_attempts(), 4);
    registry.clear_retry_override("stock").unwrap();
    driver.begin_attempt();
    driver.after(FAILED, None).unwrap();
    assert_eq!(driver.max_attempts(), 10);
}

#[tokio::test(start_paused = true)]
async fn r15_without_retries_a_sleeping_call_makes_its_granted_attempt_and_no_other() {
    let registry = Registry::new();
    let policy = build(&exact().base_delay(10 * SECOND).max_retries(9));
    let retry = registry.get_or_register_retry("stock", policy);
    let start = Instant::now();
    let call =
        retry.call().run(|attempt| async move { Err::<(), _>(Fault::Down(attempt.number())) });
    let stops = async {
        tokio::time::sleep(SECOND).await;
        registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    };
    let (result, ()) = tokio::join!(call, stops);
    assert_eq!((result, start.elapsed()), (Err(Fault::Down(2)), 10 * SECOND));
    let call =
        retry.call().run(|attempt| async move { Err::<(), _>(Fault::Down(attempt.number())) });
    assert_eq!(call.await, Err(Fault::Down(1)));
    assert_eq!(retry.snapshot().counts.give_ups.of(StopReason::Exhausted), 2);
}

#[tokio::test(start_paused = true)]
async fn r15_max_elapsed_can_be_added_although_the_code_has_none() {
    #[retry(name = "r15 elapsed", base_delay = "1s", jitter = none, backoff = constant)]
    async fn call() -> Result<(), Fault> {
        tokio::time::sleep(SECOND).await;
        Err(Fault::Down(0))
    }
    let time = async || {
        let start = Instant::now();
        call().await.unwrap_err();
        start.elapsed()
    };
    assert_eq!(time().await, 7 * SECOND);
    let most = RetryPolicy::builder().max_elapsed(4 * SECOND);
    Registry::global().override_retry("r15 elapsed", most).unwrap();
    // The second retry would start after 4 seconds.
    assert_eq!(time().await, 3 * SECOND);
    Registry::global().clear_retry_override("r15 elapsed").unwrap();
    assert_eq!(time().await, 7 * SECOND);
}

#[derive(Debug, PartialEq)]
struct Late(Option<TimedOut>);

impl From<TimedOut> for Late {
    fn from(timed_out: TimedOut) -> Self {
        Self(Some(timed_out))
    }
}

#[tokio::test(start_paused = true)]
async fn r15_a_time_limit_is_overridden_only_where_the_code_declares_it() {
    #[retry(name = "r15 limits", deadline = "10s", max_retries = 0)]
    async fn with_deadline() -> Result<(), Late> {
        std::future::pending().await
    }
    #[retry(name = "r15 limits", attempt_timeout = none(), max_retries = 0)]
    async fn with_optional_timeout() -> Result<(), Late> {
        tokio::time::sleep(20 * SECOND).await;
        Ok(())
    }
    #[retry(name = "r15 limits", max_retries = 0)]
    async fn without() -> Result<(), Late> {
        tokio::time::sleep(20 * SECOND).await;
        Ok(())
    }
    fn none() -> Option<Duration> {
        None
    }
    let start = Instant::now();
    with_deadline().await.unwrap_err();
    assert_eq!(start.elapsed(), 10 * SECOND);
    assert_eq!((with_optional_timeout().await, without().await), (Ok(()), Ok(())));

    let limits =
        RetryOverride::default().with_deadline(3 * SECOND).with_attempt_timeout(2 * SECOND);
    Registry::global().override_retry("r15 limits", limits).unwrap();
    let start = Instant::now();
    with_deadline().await.unwrap_err();
    assert_eq!(start.elapsed(), 3 * SECOND);
    let start = Instant::now();
    with_optional_timeout().await.unwrap_err();
    assert_eq!(start.elapsed(), 2 * SECOND);
    assert_eq!(without().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn r15_the_limits_of_a_call_by_hand_are_overridden_if_the_call_has_them() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", at_once(0));
    let limits = RetryOverride::default().with_deadline(3 * SECOND);
    registry.override_retry("stock", limits).unwrap();
    let start = Instant::now();
    let call = retry.call().deadline(60 * SECOND);
    let result: Result<(), Late> = call.run(|_| std::future::pending()).await;
    assert!(matches!(result, Err(Late(Some(_)))));
    assert_eq!(start.elapsed(), 3 * SECOND);
    let call = retry.call().run(|_| async {
        tokio::time::sleep(60 * SECOND).await;
        Ok::<_, Late>(())
    });
    assert_eq!(call.await, Ok(()));
}

#[test]
fn r15_an_override_that_contradicts_the_code_is_refused_and_changes_nothing() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", at_once(2));
    let short = build(&RetryPolicy::builder().max_delay(SECOND));
    let other = registry.get_or_register_retry("stock", short);
    let slow = RetryPolicy::builder().base_delay(5 * SECOND).max_retries(0);
    let error = registry.override_retry("stock", slow).unwrap_err();
    assert_eq!(error.retry(), Some("stock"));
    let rule = "[retries.stock]: `max_delay` is 1s: must not be below `base_delay` (the code sets";
    assert!(error.to_string().starts_with(rule), "{error}");
    let retries =
        |retry: &resilient::retries::NamedRetry| retry.snapshot().policy.worst_case().attempts();
    assert_eq!((retries(&retry), retries(&other)), (3, 4));
    assert!(registry.overrides().retries.is_empty());
}

#[test]
fn r15_an_override_waits_for_its_retry_and_then_wins_over_the_code() {
    let registry = Registry::new();
    let report = registry.override_retry("stock", RetryPolicy::builder().max_attempts(2)).unwrap();
    assert_eq!((report.live_retries, report.waiting_retries), (vec![], vec!["stock".to_owned()]));
    let retry = registry.get_or_register_retry("stock", at_once(9));
    let snapshot = retry.snapshot();
    assert!(snapshot.is_overridden);
    assert_eq!(snapshot.policy.worst_case().attempts(), 2);
    assert_eq!(retry.policy().worst_case().attempts(), 10);
}

#[test]
fn r15_a_contradiction_with_later_code_is_reported_once() {
    use std::sync::{Arc, Mutex};

    use resilient::events::{EventKind, EventSource};

    let registry = Registry::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    registry.on_event(move |event| {
        if let EventKind::InvalidSetting(error) = event.kind() {
            let from = (event.source(), event.name().to_owned());
            ear.lock().unwrap().push((from, error.field().to_owned()));
        }
    });
    registry.override_retry("stock", RetryPolicy::builder().base_delay(5 * SECOND)).unwrap();
    let short = build(&RetryPolicy::builder().max_delay(SECOND));
    for _ in 0..2 {
        let _ = registry.get_or_register_retry("stock", short.clone());
    }
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, (EventSource::Retry, "stock".to_owned()));
}

#[test]
fn r15_overrides_from_many_threads_leave_the_last_one_in_force() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", at_once(1));
    std::thread::scope(|scope| {
        for thread in 1..=4_u32 {
            let (registry, retry) = (&registry, &retry);
            scope.spawn(move || {
                for _ in 0..200 {
                    let most = RetryPolicy::builder().max_retries(thread);
                    registry.override_retry("stock", most).unwrap();
                    let mut driver = retry.start();
                    driver.after(FAILED, None).unwrap();
                    assert!((2..=5).contains(&driver.max_attempts()));
                }
            });
        }
    });
    let present = registry.overrides().retries["stock"].clone();
    let attempts = retry.snapshot().policy.worst_case().attempts();
    assert_eq!(present, RetryPolicy::builder().max_retries(attempts - 1).into());
}
