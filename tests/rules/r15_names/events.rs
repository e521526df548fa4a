//! The name and the error's text in events, hooks and errors.

use std::fmt;
use std::sync::Mutex;

use resilient::events::{EventKind, EventSource};
use resilient::outcome::ErrorText;
use resilient::retries::{NamedRetry, RetryError, RetryPolicy, StopReason};
use resilient::{Classification, Registry, retry};
use resilient_testkit::Fault;

use crate::support::retry::at_once;

#[derive(Debug)]
struct NoStock(u32);

impl fmt::Display for NoStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shelf {} is empty", self.0)
    }
}

impl std::error::Error for NoStock {}

fn described(output: &Result<(), Fault>) -> Option<Classification> {
    output.is_err().then(|| Classification::transient().with_text("no stock"))
}

#[test]
fn r15_hooks_have_the_name_and_a_short_text_about_the_error() {
    type Heard = Mutex<Vec<(Option<String>, Option<ErrorText>)>>;
    fn hear(heard: &Heard, name: Option<&str>, text: Option<&ErrorText>) {
        heard.lock().unwrap().push((name.map(str::to_owned), text.copied()));
    }
    #[retry(
        name = "r15 hooks", max_retries = 1, base_delay = "0s",
        on_retry = |event| hear(heard, event.name(), event.error_text()),
        on_give_up = |event| hear(heard, event.name(), event.error_text())
    )]
    fn call(heard: &Heard) -> Result<(), NoStock> {
        Err(NoStock(7))
    }
    let heard = Heard::default();
    call(&heard).unwrap_err();
    let name_and_text = (Some("r15 hooks".to_owned()), Some(ErrorText::of("shelf 7 is empty")));
    assert_eq!(*heard.lock().unwrap(), [name_and_text.clone(), name_and_text]);
    let snapshot = Registry::global().get_retry("r15 hooks").unwrap().snapshot();
    let texts: Vec<_> = snapshot.last_failures.iter().map(|last| last.text.unwrap()).collect();
    assert!(texts.iter().all(|text| text.as_str() == "shelf 7 is empty") && texts.len() == 2);
}

#[tokio::test]
async fn r15_the_hook_of_a_wait_has_the_name() {
    use resilient::CircuitBreaker;

    #[retry(
        name = "r15 waits", max_retries = 1, when_open = wait,
        on_wait = |event| *heard.lock().unwrap() = event.name().map(str::to_owned)
    )]
    #[resilient::circuit_breaker(breaker = breaker)]
    async fn call(breaker: &CircuitBreaker, heard: &Mutex<Option<String>>) -> Result<(), Fault> {
        let _ = breaker;
        Ok(())
    }

    let heard = Mutex::new(None);
    let breaker = crate::support::retry::breaker(1);
    breaker.trip().unwrap();
    let closes = async {
        tokio::task::yield_now().await;
        breaker.close();
    };
    let (result, ()) = tokio::join!(call(&breaker, &heard), closes);
    assert_eq!(result, Ok(()));
    assert_eq!(heard.lock().unwrap().as_deref(), Some("r15 waits"));
}

#[tokio::test]
async fn r15_an_error_that_lists_all_attempts_has_the_name() {
    let retry = at_once(1).named("stock");
    let call = retry.call().classify_with(described);
    let error = call.run_recorded(|_| async { Err::<(), _>(Fault::Down(1)) }).await.unwrap_err();
    assert_eq!((error.retry(), error.reason()), (Some("stock"), StopReason::Exhausted));
    assert!(error.to_string().starts_with("`stock` gave up after 2 attempts in "), "{error}");

    let without = at_once(1);
    let call = without.call().run_recorded(|_| async { Err::<(), _>(Fault::Down(1)) });
    let error = call.await.unwrap_err();
    assert_eq!(error.retry(), None);
    assert!(error.to_string().starts_with("gave up after 2 attempts in "), "{error}");
}

#[test]
fn r15_an_error_of_a_function_that_lists_all_attempts_has_the_name() {
    #[retry(name = "r15 all", errors = all, max_retries = 1, base_delay = "0s")]
    fn call() -> Result<(), RetryError<Fault>> {
        Err(Fault::Down(1))
    }
    assert_eq!(call().unwrap_err().retry(), Some("r15 all"));
}

#[tokio::test]
async fn r15_without_a_text_the_failure_has_none() {
    let retry = at_once(1).named("stock");
    let call = retry.call().run(|_| async { Err::<(), _>(Fault::Down(1)) });
    call.await.unwrap_err();
    let last = retry.snapshot().last_failures;
    assert_eq!(last.iter().map(|last| last.text).collect::<Vec<_>>(), [None, None]);
}

#[tokio::test(start_paused = true)]
async fn r15_a_time_limit_is_the_text_of_an_attempt_that_it_cut() {
    let retry = at_once(1).named("stock");
    let call = retry.call().attempt_timeout(crate::support::retry::SECOND);
    let result: Option<()> = call.run(|_| std::future::pending()).await;
    assert_eq!(result, None);
    let last = retry.snapshot().last_failures;
    assert_eq!(last[1].text.unwrap().as_str(), "attempt_timeout exceeded");
}

#[test]
fn r15_a_change_of_settings_is_an_event_of_the_retry() {
    let registry = Registry::new();
    let mut events = registry.subscribe(8);
    let _: NamedRetry = registry.get_or_register_retry("stock", RetryPolicy::default());
    for _ in 0..2 {
        registry.override_retry("stock", RetryPolicy::builder().max_retries(0)).unwrap();
    }
    let event = events.try_next().expect("the settings changed");
    assert_eq!((event.source(), event.name()), (EventSource::Retry, "stock"));
    assert!(matches!(event.kind(), EventKind::SettingsChanged { .. }), "{event:?}");
    assert!(events.try_next().is_none(), "the second override changes nothing");
    registry.clear_retry_override("stock").unwrap();
    assert!(events.try_next().is_some());
}

#[test]
fn r15_a_nested_loop_is_reported_with_its_name() {
    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[retry(name = "r15 outer", max_retries = 1, base_delay = "0s")]
    fn outer() -> Option<()> {
        inner()
    }
    #[retry(name = "r15 inner", max_retries = 1, base_delay = "0s")]
    fn inner() -> Option<()> {
        None
    }
    let listener = Registry::global().on_event(|event| {
        if matches!(event.kind(), EventKind::NestedRetry { .. }) && event.name().contains("r15") {
            HEARD.lock().unwrap().push(event.name().to_owned());
        }
    });
    outer();
    Registry::global().remove_listener(listener);
    assert_eq!(*HEARD.lock().unwrap(), ["r15 inner"]);
}
