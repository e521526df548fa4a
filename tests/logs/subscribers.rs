//! A subscriber that panics.

use std::time::Duration;

use resilient::{RetryPolicy, circuit_breaker, retry};
use tracing::span::{Attributes, Id, Record};

use crate::breakers::breaker;
use crate::{Fault, runtime};

/// A subscriber that panics in one of its methods.
struct Broken {
    panics_in: &'static str,
}

impl Broken {
    fn reached(&self, method: &str) {
        if self.panics_in == method {
            std::panic::resume_unwind(Box::new("broken subscriber"));
        }
    }
}

impl tracing::Subscriber for Broken {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.reached("new_span");
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {
        self.reached("record");
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.reached("event");
    }
    fn enter(&self, _: &Id) {
        self.reached("enter");
    }
    fn exit(&self, _: &Id) {
        self.reached("exit");
    }
    fn try_close(&self, _: Id) -> bool {
        self.reached("try_close");
        false
    }
}

#[test]
fn fm_i7_a_subscriber_that_panics_harms_no_call() {
    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    fn plain(calls: &mut u32) -> Result<u32, Fault> {
        *calls += 1;
        if *calls < 3 { Err(Fault) } else { Ok(*calls) }
    }

    for panics_in in ["new_span", "record", "event", "enter", "exit", "try_close"] {
        tracing::subscriber::with_default(Broken { panics_in }, || {
            let breaker = breaker();
            let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build().unwrap();
            let output = runtime().block_on(
                policy
                    .call()
                    .through(&breaker)
                    .run(async |attempt| if attempt.number() < 3 { Err(Fault) } else { Ok(3) }),
            );
            assert_eq!(output, Ok(3), "{panics_in}");
            breaker.force_open();
            breaker.try_acquire().unwrap_err();
            assert_eq!(plain(&mut 0), Ok(3), "{panics_in}");
        });
    }
}
