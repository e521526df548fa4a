//! Rule D5: the number of the attempt in which the code runs.

use std::cell::RefCell;

use resilient::deadline::{CallerContext, scope};
use resilient::retries::{NestedMode, WhenOpen, attempt_number};
use resilient::retry;

use crate::support::retry::{SECOND, at_once, breaker, build, exact};

/// The numbers that attempts have read.
type Numbers = RefCell<Vec<u32>>;

fn note(numbers: &Numbers) -> Option<()> {
    numbers.borrow_mut().push(attempt_number());
    None
}

#[retry(max_retries = 2, base_delay = "0s")]
async fn annotated(numbers: &Numbers) -> Option<()> {
    tokio::task::yield_now().await;
    note(numbers)
}

#[retry(max_retries = 2, base_delay = "0s")]
fn plain(numbers: &Numbers) -> Option<()> {
    note(numbers)
}

#[retry(max_retries = 2, base_delay = "0s", attempt_timeout = "1s")]
async fn limited(numbers: &Numbers) -> Option<()> {
    tokio::task::yield_now().await;
    note(numbers)
}

#[tokio::test(start_paused = true)]
async fn d05_every_loop_shows_the_number_of_its_attempt() {
    let numbers = Numbers::default();
    assert_eq!(annotated(&numbers).await, None);
    assert_eq!(plain(&numbers), None);
    assert_eq!(limited(&numbers).await, None);
    assert_eq!(at_once(2).call().run(async |_| note(&numbers)).await, None);
    let breaker = breaker(100);
    let call = at_once(2);
    assert_eq!(call.call().through(&breaker).run(async |_| note(&numbers)).await, None);
    assert_eq!(numbers.take(), [1, 2, 3].repeat(5));
    assert_eq!(attempt_number(), 1);
}

#[tokio::test]
async fn d05_of_nested_loops_the_innermost_that_repeats_counts() {
    let numbers = Numbers::default();
    let (outer, inner) = (at_once(2), at_once(1));
    for nested in [NestedMode::Warn, NestedMode::Allow] {
        let call = outer.call().nested(nested);
        let result = call.run(async |_| inner.call().run(async |_| note(&numbers)).await).await;
        assert_eq!(result, None);
        // The first attempt of the inner loop has the number of the outer loop.
        assert_eq!(numbers.take(), [1, 2, 2, 2, 3, 2], "{nested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn d05_a_wait_for_the_circuit_is_no_attempt() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let policy = build(&exact().max_retries(1).when_open(WhenOpen::Wait));
    let numbers = Numbers::default();
    let waits = policy.call().through(&breaker).run(async |_| {
        note(&numbers);
        Some(())
    });
    assert_eq!(scope(100 * SECOND, waits).await, Ok(Some(())));
    assert_eq!(numbers.take(), [1]);
}

#[test]
fn d05_the_largest_number_is_kept() {
    let caller = CallerContext::new().attempt(u32::MAX);
    assert_eq!(caller.scope_blocking(attempt_number), u32::MAX);
}
