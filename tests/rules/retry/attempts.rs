//! R1 and R12: how many attempts there are, what the call returns, and what an attempt knows of itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::*;

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
    // Neither `Clone` nor anything else that the library could make another of.
    struct Opaque {
        number: u32,
    }

    let result: Result<(), Box<Opaque>> = at_once(3)
        .call()
        .run(async |attempt| {
            Err(Box::new(Opaque {
                number: attempt.number(),
            }))
        })
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
            async move {
                if attempt.number() < 3 {
                    Err(())
                } else {
                    Ok("fine".into())
                }
            }
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
async fn r01_an_option_is_tried_again_while_it_is_none() {
    let late = at_once(3)
        .call()
        .run(async |attempt| (attempt.number() == 4).then_some("there"))
        .await;
    let never: Option<()> = at_once(3).call().run(async |_| None).await;

    assert_eq!(late, Some("there"));
    assert_eq!(never, None);
}

#[tokio::test]
async fn r01_any_type_is_tried_again_while_its_classifier_calls_it_failed() {
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

#[tokio::test(start_paused = true)]
async fn r12_an_attempt_knows_its_number_and_the_delay_before_it() {
    let mut known = Vec::new();

    let _: Result<(), ()> = build(&exact())
        .call()
        .run(|attempt| {
            known.push((attempt.number(), attempt.is_first(), attempt.last_delay()));
            async { Err(()) }
        })
        .await;

    let expected = [
        (1, true, ms(0)),
        (2, false, ms(100)),
        (3, false, ms(200)),
        (4, false, ms(400)),
    ];
    assert_eq!(known, expected);
}

#[tokio::test(start_paused = true)]
async fn r12_an_attempt_knows_the_time_since_the_call_started() {
    let known = RefCell::new(Vec::new());

    let _: Result<(), ()> = build(&exact())
        .call()
        .run(async |attempt| {
            known.borrow_mut().push(attempt.elapsed());
            tokio::time::sleep(SECOND).await;
            known.borrow_mut().push(attempt.elapsed());
            Err(())
        })
        .await;

    let millis = [0, 1_000, 1_100, 2_100, 2_300, 3_300, 3_700, 4_700];
    assert_eq!(known.into_inner(), millis.map(ms));
}

#[tokio::test]
async fn r12_an_attempt_knows_the_output_of_the_one_before_it() {
    let mut known = Vec::new();

    let _: Result<(), u32> = at_once(3)
        .call()
        .run(|attempt| {
            known.push((
                attempt.last_output().copied(),
                attempt.last_error().copied(),
            ));
            async move { Err(attempt.number()) }
        })
        .await;

    let after = |number| (Some(Err(number)), Some(number));
    assert_eq!(known, [(None, None), after(1), after(2), after(3)]);
}

/// Counts the outputs that are alive.
struct Alive(Rc<Cell<usize>>);

impl Alive {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[tokio::test]
async fn r12_no_output_but_the_last_one_is_kept() {
    let alive = Rc::new(Cell::new(0));
    let seen = RefCell::new(Vec::new());

    let result: Result<(), Alive> = at_once(4)
        .call()
        .run(async |_| {
            seen.borrow_mut().push(alive.get());
            Err(Alive::new(&alive))
        })
        .await;

    assert_eq!(seen.into_inner(), [0, 1, 1, 1, 1]);
    assert_eq!(alive.get(), 1, "only what was returned is left");
    drop(result);
    assert_eq!(alive.get(), 0);
}

#[tokio::test]
async fn r12_through_a_breaker_an_attempt_knows_the_same() {
    let breaker = breaker(100);
    let mut known = Vec::new();

    let _: Result<(), Fault> = at_once(2)
        .call()
        .through(&breaker)
        .run(|attempt| {
            let before = match attempt.last_error() {
                Some(Fault::Down(number)) => Some(*number),
                _ => None,
            };
            known.push((attempt.number(), before));
            async move { Err(Fault::Down(attempt.number())) }
        })
        .await;

    assert_eq!(known, [(1, None), (2, Some(1)), (3, Some(2))]);
}

#[tokio::test]
async fn a_closure_may_change_what_is_around_it_before_its_future_and_borrow_it_in_there() {
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
        [
            "inventory 1",
            "inventory 2",
            "through inventory 1",
            "through inventory 2"
        ]
    );
}

#[tokio::test]
async fn an_async_closure_may_borrow_what_is_around_it_and_change_what_is_in_a_cell() {
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
        [
            "inventory 1",
            "inventory 2",
            "through inventory 1",
            "through inventory 2"
        ]
    );
}
