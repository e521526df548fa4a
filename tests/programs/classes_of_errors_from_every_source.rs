//! Errors are classified by closures, by paths, by patterns with guards, ranges and alternatives,
//! and by `Classify`.

use std::time::Duration;

use resilient::retries::{GiveUpEvent, RetryEvent};
use resilient::{CircuitOpen, Classification, Classify, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
enum Fault {
    Status(u16),
    Named { code: u32, text: &'static str },
    Open,
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl Fault {
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    fn hint(&self) -> Option<Duration> {
        None
    }
}

impl Classify for Fault {
    fn classify(&self) -> Classification {
        Classification::permanent()
    }
}

#[retry(
    max_retries = 1,
    base_delay = "0s",
    on = Fault::Status(429 | 500..=599) | Fault::Named { code: 1.., .. },
    except = Fault::Named { text: "never", .. }
)]
#[circuit_breaker(
    failure_threshold = 100,
    failure = | Fault::Status(_) | Fault::Named { .. },
    ignore_if = Fault::is_open
)]
fn patterns(tries: &mut u32, fault: fn() -> Fault) -> Result<u32, Fault> {
    *tries += 1;
    Err(fault())
}

#[retry(
    max_retries = 1,
    base_delay = "0s",
    retry_if = |fault: &Fault| -> bool { !fault.is_open() },
    retry_after = Fault::hint
)]
fn predicates(tries: &mut u32) -> Result<u32, Fault> {
    *tries += 1;
    Err(Fault::Status(1))
}

fn heard<O>(_: &RetryEvent<'_, O>) {}

fn ended<O>(_: &GiveUpEvent<'_, O>) {}

#[retry(
    max_retries = 1,
    base_delay = "0s",
    on_retry = heard,
    on_give_up = ended::<Result<u32, Fault>>
)]
fn classified(tries: &mut u32) -> Result<u32, Fault> {
    *tries += 1;
    Err(Fault::Status(1))
}

#[retry(max_retries = 1, base_delay = "0s", attempt = it, borrow(output))]
async fn generic<T, E: Classify>(output: impl Fn(u32) -> Result<T, E>) -> Result<T, E> {
    output(it.number())
}

#[test]
fn runs() {
    for (fault, expected) in [
        ((|| Fault::Status(404)) as fn() -> Fault, 1),
        (|| Fault::Status(503), 2),
        (|| Fault::Named { code: 1, text: "yes" }, 2),
        (|| Fault::Named { code: 1, text: "never" }, 1),
    ] {
        let mut tries = 0;
        assert_eq!(patterns(&mut tries, fault), Err(fault()));
        assert_eq!(tries, expected);
    }
    let (mut of_predicates, mut of_classify) = (0, 0);
    predicates(&mut of_predicates).unwrap_err();
    classified(&mut of_classify).unwrap_err();
    assert_eq!((of_predicates, of_classify), (2, 1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(
        runtime.block_on(generic(|n| Err::<u32, _>(Fault::Status(n as u16)))),
        Err(Fault::Status(1))
    );
}
