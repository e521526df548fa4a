//! A subscriber that panics.

use std::time::Duration;

use resilient::RetryPolicy;
use tracing::span::{Attributes, Id, Record};

use crate::breakers::breaker;
use crate::{Fault, runtime};

/// A subscriber that panics at every event.
struct Broken;

impl tracing::Subscriber for Broken {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        std::panic::resume_unwind(Box::new("broken subscriber"));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn fm_i7_a_subscriber_that_panics_harms_no_call() {
    tracing::subscriber::with_default(Broken, || {
        let breaker = breaker();
        let policy = RetryPolicy::builder().base_delay(Duration::ZERO).build().unwrap();
        let output = runtime().block_on(
            policy
                .call()
                .through(&breaker)
                .run(async |attempt| if attempt.number() < 3 { Err(Fault) } else { Ok(3) }),
        );
        assert_eq!(output, Ok(3));
        breaker.force_open();
        breaker.try_acquire().unwrap_err();
    });
}
