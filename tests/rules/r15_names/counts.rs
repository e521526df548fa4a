//! What is counted under the name of a retry.

use std::time::Duration;

use resilient::retries::{AttemptEnd, NamedRetry, RetryCounts, StopReason};
use resilient::{Classification, RetryPolicy};
use resilient_testkit::{Fault, run};
use tokio::time::Instant;

use crate::support::retry::{SECOND, at_once, breaker, build, exact};

/// Makes a call whose first attempts fail.
async fn call(retry: &NamedRetry, failures: u32) -> Result<u32, Fault> {
    retry
        .call()
        .run(|attempt| async move {
            let number = attempt.number();
            if number <= failures { Err(Fault::Down(number)) } else { Ok(number) }
        })
        .await
}

fn counts(retry: &NamedRetry) -> RetryCounts {
    retry.snapshot().counts
}

#[tokio::test]
async fn r15_a_call_that_succeeds_at_once_is_not_counted() {
    let retry = at_once(3).named("stock");
    assert_eq!(call(&retry, 0).await, Ok(1));
    assert_eq!(counts(&retry), RetryCounts::default());
    assert_eq!(retry.snapshot().last_failures, []);
}

#[tokio::test]
async fn r15_calls_are_counted_by_their_results() {
    let retry = at_once(2).named("stock");
    assert_eq!(call(&retry, 1).await, Ok(2));
    assert_eq!(call(&retry, 2).await, Ok(3));
    assert_eq!(call(&retry, 9).await, Err(Fault::Down(3)));
    let counts = counts(&retry);
    assert_eq!((counts.recovered, counts.retried), (2, 3));
    assert_eq!((counts.give_ups.of(StopReason::Exhausted), counts.give_ups.total()), (1, 1));
    assert_eq!((counts.attempts, counts.retries), (2 + 3 + 3, 1 + 2 + 2));
    assert_eq!((counts.cancelled, counts.panicked, counts.waits), (0, 0, 0));
    assert_eq!(counts.waiting_time, Duration::ZERO);
}

#[test]
fn r15_a_call_that_gives_up_at_its_first_failure_was_not_retried() {
    let retry = at_once(3).named("stock");
    let mut driver = retry.start();
    driver.begin_attempt();
    let next = driver.after(AttemptEnd::Failed(Classification::permanent()), None);
    assert_eq!(next, Err(StopReason::NotRetryable));
    drop(driver);
    let counts = counts(&retry);
    assert_eq!((counts.retried, counts.attempts), (0, 1));
    assert_eq!(counts.give_ups.of(StopReason::NotRetryable), 1);
    assert_eq!(counts.cancelled, 0);
}

#[tokio::test(start_paused = true)]
async fn r15_the_time_between_attempts_is_summed() {
    let retry = build(&exact().max_retries(2)).named("stock");
    assert_eq!(call(&retry, 9).await, Err(Fault::Down(3)));
    assert_eq!(call(&retry, 1).await, Ok(2));
    let waited = Duration::from_millis(100 + 200 + 100);
    assert_eq!(counts(&retry).waiting_time, waited);
}

#[tokio::test(start_paused = true)]
async fn r15_a_wait_for_the_circuit_is_counted_with_its_real_time() {
    use resilient::retries::WhenOpen;

    let retry = build(&exact().when_open(WhenOpen::Wait).max_retries(1)).named("stock");
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let closes = async {
        tokio::time::sleep(2 * SECOND).await;
        breaker.close();
    };
    let start = Instant::now();
    let call = retry.call().through(&breaker).run(|_| async { Ok::<_, Fault>(()) });
    let (result, ()) = tokio::join!(call, closes);
    assert_eq!(result, Ok(()));
    let counts = counts(&retry);
    assert_eq!((counts.waits, counts.retries, counts.attempts), (1, 0, 0));
    assert_eq!(counts.waited, 1);
    assert_eq!((counts.recovered, counts.cancelled), (0, 0));
    assert!(counts.waiting_time >= 2 * SECOND && counts.waiting_time <= start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn r15_a_call_that_is_cancelled_in_its_sleep_is_counted_without_the_sleep() {
    let retry = build(&exact().base_delay(5 * SECOND)).named("stock");
    let cancelled = tokio::time::timeout(SECOND, call(&retry, 9)).await;
    assert!(cancelled.is_err());
    let counts = counts(&retry);
    assert_eq!((counts.cancelled, counts.retried, counts.attempts), (1, 1, 1));
    assert_eq!(counts.waiting_time, Duration::ZERO);
}

#[tokio::test]
async fn r15_a_call_that_panics_after_a_failure_is_counted() {
    let retry = at_once(3).named("stock");
    let inside = retry.clone();
    let call = tokio::spawn(async move {
        inside
            .call()
            .run(|attempt| async move {
                assert!(attempt.is_first(), "planted");
                Err::<(), _>(Fault::Down(1))
            })
            .await
    });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!((counts(&retry).panicked, counts(&retry).cancelled), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn r15_the_last_four_failures_have_their_time_and_attempt() {
    let retry = build(&exact().max_retries(4)).named("stock");
    let start = Instant::now();
    assert_eq!(call(&retry, 9).await, Err(Fault::Down(5)));
    let snapshot = retry.snapshot();
    let since = |at: std::time::Instant| at - start.into_std();
    let last: Vec<_> =
        snapshot.last_failures.iter().map(|last| (last.attempt, since(last.at))).collect();
    let ms = Duration::from_millis;
    assert_eq!(last, [(2, ms(100)), (3, ms(300)), (4, ms(700)), (5, ms(1500))]);
}

#[test]
fn r15_an_error_that_is_neither_a_failure_nor_retried_is_counted_and_not_remembered() {
    let retry = at_once(3).named("stock");
    let end = |class: Classification| {
        let _ = retry.start().after(AttemptEnd::Failed(class), None);
    };
    end(Classification::permanent().with_text("down"));
    for _ in 0..9 {
        end(Classification::answered());
        end(Classification::ignored());
    }
    end(Classification::throttled().with_text("slow down"));
    end(Classification::transient().with_text(""));
    let snapshot = retry.snapshot();
    assert_eq!(snapshot.counts.attempts, 21);
    let texts = snapshot.last_failures.iter().map(|failure| failure.text);
    let texts: Vec<_> = texts.map(|text| text.map(|text| text.to_string())).collect();
    assert_eq!(texts, [Some("down".to_owned()), Some("slow down".to_owned()), None]);
}

#[test]
fn r15_an_attempt_without_a_timer_says_that_nothing_was_called() {
    let retry = at_once(3).named("stock");
    let call = retry.call().deadline(SECOND).run(async |_| None::<()>);
    assert_eq!(run(call), None);
    let text = retry.snapshot().last_failures[0].text.unwrap();
    assert_eq!(text.as_str(), "not called: no timer for the time limit");
}

#[test]
fn r15_a_policy_without_a_name_counts_nothing_and_a_name_is_shared_by_clones() {
    let policy = RetryPolicy::default();
    assert_eq!(policy.call::<Option<()>>().retry_name(), None);
    let retry = policy.named("stock");
    let clone = retry.clone();
    assert_eq!(clone.name(), "stock");
    let mut driver = clone.start();
    assert_eq!(driver.name(), Some("stock"));
    driver.begin_attempt();
    driver.after(AttemptEnd::Failed(Classification::transient()), None).unwrap();
    drop(driver);
    assert_eq!(counts(&retry).cancelled, 1);
}

#[test]
fn r15_threads_count_under_one_name_without_loss() {
    let retry = at_once(1).named("stock");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let mut driver = retry.start();
                    let failed = AttemptEnd::Failed(Classification::transient());
                    driver.after(failed, None).unwrap();
                    driver.begin_attempt();
                    driver.after(failed, None).unwrap_err();
                }
            });
        }
    });
    let counts = counts(&retry);
    assert_eq!((counts.retried, counts.attempts, counts.retries), (4_000, 8_000, 4_000));
    assert_eq!(counts.give_ups.of(StopReason::Exhausted), 4_000);
}
