//! Models of named retries: a function registers or a call fails while an operator overrides the
//! name, and one thread ends a lease while another thread begins one.

use std::sync::Arc;

use resilient_core::__private::RetryCell;
use resilient_core::registry::{Lease, Registry};
use resilient_core::retry::{AttemptEnd, NamedRetry, RetryPolicy, StopReason};
use resilient_core::signal::Classification;

use crate::{SECOND, both, check, check_up_to, holds};

const FAILED: AttemptEnd<'static> = AttemptEnd::Failed(Classification::transient());

fn registered(registry: &Registry) -> NamedRetry {
    registry.get_or_register_retry("dependency", RetryPolicy::DEFAULT)
}

#[test]
fn r15_a_function_that_registers_during_an_override_learns_of_it() {
    check(|| {
        let registry = Registry::new();
        let retry = registered(&registry);
        let cell = RetryCell::of_function();
        both(
            move || retry.register_function(cell),
            move || {
                let most = RetryPolicy::builder().max_elapsed(SECOND);
                registry.override_retry("dependency", most).unwrap();
            },
        );
        holds(cell.asks_at_start(), "calls of the function read the override", &cell);
    });
}

#[test]
fn r15_the_last_of_two_overrides_is_in_force() {
    check_up_to(Some(3), || {
        let registry = Registry::new();
        let retry = registered(&registry);
        let set = |retries: u32| {
            let registry = registry.clone();
            move || {
                let most = RetryPolicy::builder().max_retries(retries);
                registry.override_retry("dependency", most).unwrap();
            }
        };
        both(set(0), set(1));
        let listed = registry.overrides().retries["dependency"].clone();
        let attempts = retry.snapshot().policy.worst_case().attempts();
        let in_force = RetryPolicy::builder().max_retries(attempts - 1).into();
        holds(listed == in_force, "the override that is listed applies", &attempts);
    });
}

#[test]
fn b20_no_text_stays_after_an_override_has_switched_texts_off() {
    check(|| {
        let registry = Registry::new();
        let retry = registered(&registry);
        let call = retry.clone();
        both(
            move || {
                let silent = RetryPolicy::builder().remember_errors(false);
                registry.override_retry("dependency", silent).unwrap();
            },
            move || {
                let class = Classification::transient().with_text("a secret");
                call.start().after(AttemptEnd::Failed(class), None).unwrap();
            },
        );
        let failures = retry.snapshot().last_failures;
        let is_silent = failures.len() == 1 && failures[0].text.is_none();
        holds(is_silent, "the failure is remembered without its text", &failures);
    });
}

#[test]
fn r15_no_count_of_two_threads_is_lost() {
    check(|| {
        let retry = Arc::new(RetryPolicy::DEFAULT.named("dependency"));
        let fail = || {
            let retry = Arc::clone(&retry);
            move || {
                let end = AttemptEnd::Failed(Classification::permanent());
                assert_eq!(retry.start().after(end, None), Err(StopReason::NotRetryable));
            }
        };
        both(fail(), fail());
        let counts = retry.snapshot().counts;
        holds(counts.attempts == 2, "both attempts are counted", &counts);
        holds(counts.give_ups.total() == 2, "both calls are counted", &counts);
    });
}

#[test]
fn g08_a_retry_that_is_leased_while_its_last_lease_ends_keeps_its_name() {
    fn lease(registry: &Registry) -> Lease<NamedRetry> {
        registry.lease_retry("dependency", RetryPolicy::DEFAULT)
    }
    check_up_to(Some(3), || {
        let registry = Registry::new();
        let last = lease(&registry);
        let other = registry.clone();
        let ((), kept) = both(
            move || drop(last),
            move || {
                let next = lease(&other);
                next.start().after(FAILED, None).unwrap();
                next
            },
        );
        let found = registry.get_retry("dependency").map(|it| it.snapshot().counts.attempts);
        holds(found == Some(1), "there is one retry of the name", &(found, &kept));
    });
}
