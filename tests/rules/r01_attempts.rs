//! Rule R1: a call makes a limited number of attempts and returns the last output.

use resilient_testkit::{Fault, ms};
use std::cell::RefCell;
use std::time::Duration;

use resilient::{Classification, RetryPolicy};

use crate::support::retry::{SECOND, at_once, breaker, build, exact, fail};
use crate::support::worst_case::worst;

#[tokio::test]
async fn r01_a_call_makes_at_most_one_attempt_more_than_max_retries() {
    for retries in 0..6 {
        let course = fail(&at_once(retries), Classification::transient()).await;

        assert_eq!(course.executions, retries + 1);
    }
}

#[tokio::test]
async fn r01_max_attempts_counts_the_first_attempt_too() {
    for attempts in 1..6 {
        let settings = exact().base_delay(Duration::ZERO).max_attempts(attempts);

        let course = fail(&build(&settings), Classification::transient()).await;

        assert_eq!(course.executions, attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn r01_there_are_three_retries_by_default() {
    let course = fail(&RetryPolicy::default(), Classification::transient()).await;

    assert_eq!(course.executions, 4);
}

#[test]
fn r01_max_retries_together_with_max_attempts_is_an_error() {
    for settings in [
        RetryPolicy::builder().max_retries(3).max_attempts(4),
        RetryPolicy::builder().max_attempts(1).max_retries(7),
    ] {
        let error = settings.build().unwrap_err();

        assert_eq!(error.field(), "max_retries");
        assert!(error.rule().contains("max_attempts"), "{error}");
    }
}

#[tokio::test]
async fn r01_the_last_attempts_error_is_returned_as_it_is() {
    // The type has no `Clone` and no `Default`, so the library cannot replace the error by another
    // value.
    struct Opaque {
        number: u32,
    }

    let result: Result<(), Box<Opaque>> = at_once(3)
        .call()
        .run(async |attempt| Err(Box::new(Opaque { number: attempt.number() })))
        .await;

    assert_eq!(result.err().map(|error| error.number), Some(4));
}

#[tokio::test]
async fn r01_a_success_ends_the_call_and_is_returned_as_it_is() {
    let mut executions = 0;

    let result: Result<Box<str>, ()> = at_once(9)
        .call()
        .run(|attempt| {
            executions += 1;
            async move { if attempt.number() < 3 { Err(()) } else { Ok("fine".into()) } }
        })
        .await;

    assert_eq!(result.as_deref(), Ok("fine"));
    assert_eq!(executions, 3);
}

#[tokio::test]
async fn r01_a_first_attempt_that_succeeds_is_the_only_one() {
    let mut executions = 0;

    let result: Result<u8, ()> = at_once(9)
        .call()
        .run(|_| {
            executions += 1;
            async { Ok(7) }
        })
        .await;

    assert_eq!((result, executions), (Ok(7), 1));
}

#[tokio::test]
async fn r01_an_output_of_none_is_retried() {
    let late =
        at_once(3).call().run(async |attempt| (attempt.number() == 4).then_some("there")).await;
    let never: Option<()> = at_once(3).call().run(async |_| None).await;

    assert_eq!(late, Some("there"));
    assert_eq!(never, None);
}

#[tokio::test]
async fn r01_an_output_is_retried_while_its_classifier_calls_it_failed() {
    let status = at_once(3)
        .call()
        .classify_with(|status: &u16| (*status >= 500).then(Classification::transient))
        .run(async |attempt| if attempt.is_first() { 503 } else { 200 })
        .await;

    assert_eq!(status, 200);
}

#[tokio::test]
async fn r01_two_calls_of_one_policy_have_their_own_retries() {
    let policy = at_once(2);

    let first = fail(&policy, Classification::transient()).await;
    let second = fail(&policy, Classification::transient()).await;

    assert_eq!((first.executions, second.executions), (3, 3));
}

#[tokio::test]
async fn a_closure_may_mutate_captured_variables_and_borrow_them_in_its_future() {
    let name = String::from("inventory");
    let mut made = Vec::new();
    let seen = RefCell::new(Vec::new());
    let breaker = breaker(100);

    let _: Result<(), ()> = at_once(1)
        .call()
        .run(|attempt| {
            made.push(attempt.number());
            let (name, seen) = (&name, &seen);
            async move {
                let greeting = format!("{name} {}", attempt.number());
                tokio::task::yield_now().await;
                seen.borrow_mut().push(greeting);
                Err(())
            }
        })
        .await;
    let _: Result<(), Fault> = at_once(1)
        .call()
        .through(&breaker)
        .run(|attempt| {
            made.push(10 * attempt.number());
            let (name, seen) = (&name, &seen);
            async move {
                tokio::task::yield_now().await;
                let greeting = format!("through {name} {}", attempt.number());
                seen.borrow_mut().push(greeting);
                Err(Fault::Down(0))
            }
        })
        .await;

    assert_eq!(made, [1, 2, 10, 20]);
    assert_eq!(
        seen.into_inner(),
        ["inventory 1", "inventory 2", "through inventory 1", "through inventory 2"]
    );
}

#[tokio::test]
async fn an_async_closure_may_borrow_captured_variables_and_change_cells() {
    let name = String::from("inventory");
    let seen = RefCell::new(Vec::new());
    let breaker = breaker(100);

    let _: Result<(), ()> = at_once(1)
        .call()
        .run(async |attempt| {
            let greeting = format!("{name} {}", attempt.number());
            tokio::task::yield_now().await;
            seen.borrow_mut().push(greeting);
            Err(())
        })
        .await;
    let _: Result<(), Fault> = at_once(1)
        .call()
        .through(&breaker)
        .run(async |attempt| {
            tokio::task::yield_now().await;
            let greeting = format!("through {name} {}", attempt.number());
            seen.borrow_mut().push(greeting);
            Err(Fault::Down(0))
        })
        .await;

    assert_eq!(
        seen.into_inner(),
        ["inventory 1", "inventory 2", "through inventory 1", "through inventory 2"]
    );
}

#[test]
fn r01_with_no_retries_a_call_makes_one_attempt_and_does_not_sleep() {
    let worst = worst(&exact().max_retries(0));

    assert_eq!((worst.attempts(), worst.sleep()), (1, ms(0)));
    assert_eq!(worst.with_attempt_timeout(SECOND), SECOND);
}
