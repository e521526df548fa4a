//! The expansion calls its own methods, even if a blanket trait of the user has methods with the
//! same names.

use std::time::Duration;

use resilient::{CircuitOpen, Classification, Classify, circuit_breaker, retry};

trait Everything {
    fn class(&self) -> u32 {
        unreachable!()
    }
    fn class_if_known(&self) -> u32 {
        unreachable!()
    }
    fn fresh(&self) -> u32 {
        unreachable!()
    }
    fn deref(&self) -> u32 {
        unreachable!()
    }
    fn take(&self) -> u32 {
        unreachable!()
    }
    fn try_acquire(&self) -> u32 {
        unreachable!()
    }
    fn after_failure(&self) -> u32 {
        unreachable!()
    }
    fn after_rejection(&self) -> u32 {
        unreachable!()
    }
    fn open_now(&self) -> u32 {
        unreachable!()
    }
    fn start(&self) -> u32 {
        unreachable!()
    }
    fn timed(&self) -> u32 {
        unreachable!()
    }
    fn builder(&self) -> u32 {
        unreachable!()
    }
    fn max_retries(&self) -> u32 {
        unreachable!()
    }
    fn build_const(&self) -> u32 {
        unreachable!()
    }
    fn as_ref(&self) -> u32 {
        unreachable!()
    }
    fn is_some(&self) -> u32 {
        unreachable!()
    }
    fn classify(&self) -> u32 {
        unreachable!()
    }
    fn failure(&self) -> u32 {
        unreachable!()
    }
    fn rejected(&self) -> u32 {
        unreachable!()
    }
}

impl<T: ?Sized> Everything for T {}

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl Classify for Fault {
    fn classify(&self) -> Classification {
        if self.0 < 2 { Classification::transient() } else { Classification::permanent() }
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(9)
    }
}

#[retry(max_retries = 9, base_delay = "1ms", attempt = attempt)]
#[circuit_breaker(failure_threshold = 9)]
async fn stacked(text: String) -> Result<u32, Fault> {
    let _ = text;
    Err(Fault(attempt.number()))
}

#[retry(
    max_retries = 1,
    base_delay = Duration::ZERO,
    retry_when = |output| Option::is_none(output)
)]
fn plain(text: String) -> Option<String> {
    Some(text)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(stacked(String::new()).await, Err(Fault(2)));
    assert_eq!(plain("a".to_owned()).as_deref(), Some("a"));
}
