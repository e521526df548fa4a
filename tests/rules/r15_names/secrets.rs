//! A retry that does not remember errors shows no text about them.

use std::fmt;
use std::sync::Mutex;

use resilient::retries::AttemptEnd;
use resilient::{Classification, Registry, RetryPolicy, retry};

use crate::support::retry::{at_once, breaker, build};

const SECRET: &str = "canary";

/// Whether a call has written its error.
static WRITTEN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

struct Secret(u32);

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WRITTEN.lock().unwrap().push(self.0);
        f.write_str(SECRET)
    }
}

/// Returns everything that the registry shows of a retry.
fn shown(name: &str) -> String {
    let retry = Registry::global().get_retry(name).unwrap();
    format!("{retry:?} {:?}", retry.snapshot())
}

fn was_written(call: u32) -> bool {
    WRITTEN.lock().unwrap().contains(&call)
}

#[test]
fn r15_a_retry_that_does_not_remember_errors_never_writes_them() {
    #[retry(
        name = "r15 silent", remember_errors = false, max_retries = 1, base_delay = "0s",
        on_retry = |event| assert!(event.error_text().is_none()),
        on_give_up = |event| assert!(event.error_text().is_none())
    )]
    fn call() -> Result<(), Secret> {
        Err(Secret(1))
    }
    assert!(call().is_err());
    assert!(!was_written(1));
    assert!(!shown("r15 silent").contains(SECRET));
    assert_eq!(Registry::global().get_retry("r15 silent").unwrap().snapshot().counts.attempts, 2);
}

#[test]
fn r15_an_override_turns_the_texts_off_and_on() {
    #[retry(name = "r15 silenced", max_retries = 1, base_delay = "0s")]
    fn call(number: u32) -> Result<(), Secret> {
        Err(Secret(number))
    }
    let silent = RetryPolicy::builder().remember_errors(false);
    Registry::global().override_retry("r15 silenced", silent).unwrap();
    assert!(call(2).is_err());
    assert!(!was_written(2) && !shown("r15 silenced").contains(SECRET));
    Registry::global().clear_retry_override("r15 silenced").unwrap();
    assert!(call(3).is_err());
    assert!(was_written(3) && shown("r15 silenced").contains(SECRET));
}

#[test]
fn r15_an_override_that_switches_the_texts_off_also_removes_the_present_ones() {
    let registry = Registry::new();
    let retry = registry.get_or_register_retry("stock", at_once(2));
    let failed = || AttemptEnd::Failed(Classification::transient().with_text(SECRET));
    let shown = || format!("{:?} {:?}", registry.get_retry("stock").unwrap(), retry.snapshot());
    let silence = |remember| RetryPolicy::builder().remember_errors(remember);
    let mut driver = retry.start();
    driver.after(failed(), None).unwrap();
    assert!(shown().contains(SECRET));
    registry.override_retry("stock", silence(false)).unwrap();
    assert!(!shown().contains(SECRET));
    assert_eq!(retry.snapshot().last_failures.len(), 1, "the time is remembered");
    // A running call forgets its text at its next step, although no other attempt has run.
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let open = breaker.try_acquire().unwrap_err();
    driver.after(AttemptEnd::Rejected(&open), None).unwrap_err();
    assert_eq!(driver.error_text(), None);
    // The code forbids what an override has allowed for a time.
    let silent = build(&silence(false)).named("quiet");
    registry.register_retry(&silent).unwrap();
    registry.override_retry("quiet", silence(true)).unwrap();
    silent.start().after(failed(), None).unwrap();
    assert!(format!("{:?}", silent.snapshot()).contains(SECRET));
    registry.clear_retry_override("quiet").unwrap();
    assert!(!format!("{:?}", silent.snapshot()).contains(SECRET));
}

#[tokio::test]
async fn r15_a_text_given_by_hand_is_not_remembered_either() {
    let policy = RetryPolicy::builder().remember_errors(false).max_retries(0).build().unwrap();
    let retry = policy.named("by hand");
    let call = retry.call().classify_with(|output: &Result<(), ()>| {
        output.is_err().then(|| Classification::transient().with_text(SECRET))
    });
    assert!(call.run(|_| async { Err(()) }).await.is_err());
    let snapshot = retry.snapshot();
    assert_eq!((snapshot.counts.attempts, snapshot.last_failures[0].text), (1, None));
}
