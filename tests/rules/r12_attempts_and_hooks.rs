//! Rule R12: an attempt and a hook receive data of the call, and failed attempts are recorded.

use resilient_testkit::{Fault, ms};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;

use resilient::retries::{StopReason, TimeLimit};
use resilient::{RetryError, retry};

use crate::support::retry::{SECOND, at_once, breaker, build, exact};

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

    let expected =
        [(1, true, ms(0)), (2, false, ms(100)), (3, false, ms(200)), (4, false, ms(400))];
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
            known.push((attempt.last_output().copied(), attempt.last_error().copied()));
            async move { Err(attempt.number()) }
        })
        .await;

    let after = |number| (Some(Err(number)), Some(number));
    assert_eq!(known, [(None, None), after(1), after(2), after(3)]);
}

/// Counts how many values of its type exist.
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
async fn r12_only_the_last_output_is_stored() {
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
    assert_eq!(alive.get(), 1, "only the returned output is alive");
    drop(result);
    assert_eq!(alive.get(), 0);
}

#[tokio::test]
async fn r12_through_a_breaker_an_attempt_has_the_same_data() {
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

#[tokio::test(start_paused = true)]
async fn r12_a_hook_receives_the_attempt_the_maximum_and_the_delay() {
    type HookCall = (u32, u32, Duration, u32);

    #[retry(
        max_retries = 2,
        jitter = none,
        on_retry = |event| reported.lock().unwrap().push((
            event.attempt(),
            event.max_attempts(),
            event.delay(),
            match event.error() { Some(Fault::Down(nth)) => *nth, _ => 0 },
        )),
        on_give_up = |event| reported.lock().unwrap().push((event.attempts(), 0, Duration::ZERO, 0))
    )]
    async fn call(
        calls: &mut u32,
        reported: &std::sync::Mutex<Vec<HookCall>>,
    ) -> Result<(), Fault> {
        *calls += 1;
        Err(Fault::Down(*calls))
    }

    let reported = std::sync::Mutex::default();
    assert_eq!(call(&mut 0, &reported).await, Err(Fault::Down(3)));
    let expected = [(1, 3, ms(100), 1), (2, 3, ms(200), 2), (3, 0, Duration::ZERO, 0)];
    assert_eq!(reported.into_inner().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn r12_the_hooks_receive_the_output_that_failed() {
    #[retry(
        max_retries = 1,
        on_retry = |event| reported.lock().unwrap().push(*event.output()),
        on_give_up = |event| reported.lock().unwrap().push(*event.output())
    )]
    async fn call(reported: &std::sync::Mutex<Vec<Option<u32>>>) -> Option<u32> {
        None
    }

    let reported = std::sync::Mutex::default();
    assert_eq!(call(&reported).await, None);
    assert_eq!(reported.into_inner().unwrap(), [None, None]);
}

/// Returns the error and the time of each failed attempt, and the delay after the attempt.
fn parts(error: &RetryError<Fault>) -> Vec<(Fault, Duration, Duration)> {
    let attempts = error.attempts();
    attempts.map(|failed| (failed.error().clone(), failed.took(), failed.delay())).collect()
}

async fn fail_slowly(number: u32) -> Result<(), Fault> {
    tokio::time::sleep(ms(10) * number).await;
    Err(Fault::Down(number))
}

#[tokio::test(start_paused = true)]
async fn r12_every_error_comes_with_its_time_and_the_delay_after_it() {
    let policy = build(&exact().max_retries(2));
    let call = policy.call().run_recorded(|attempt| fail_slowly(attempt.number()));
    let error = call.await.unwrap_err();

    assert_eq!(error.reason(), StopReason::Exhausted);
    assert_eq!(
        parts(&error),
        [
            (Fault::Down(1), ms(10), ms(100)),
            (Fault::Down(2), ms(20), ms(200)),
            (Fault::Down(3), ms(30), ms(0)),
        ]
    );
    assert_eq!(error.elapsed(), ms(360));
    assert_eq!(error.forgotten(), 0);
    assert_eq!(error.to_string(), "gave up after 3 attempts in 360ms (exhausted): Down(3)");
    let source = error.source().unwrap().downcast_ref::<Fault>();
    assert_eq!(source, Some(&Fault::Down(3)));
    assert_eq!(error.into_error(), Fault::Down(3));
}

#[tokio::test(start_paused = true)]
async fn r12_a_successful_output_is_returned_unchanged() {
    let call = at_once(2);
    let call = call.call().run_recorded(async |attempt| {
        if attempt.is_first() { Err(Fault::Down(1)) } else { Ok(attempt.number()) }
    });
    assert_eq!(call.await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn r12_the_reason_is_what_ended_the_call() {
    let opening = breaker(2);
    let policy = build(&exact().max_retries(5));
    let call = policy.call().through(&opening);
    let open = call.run_recorded(|attempt| fail_slowly(attempt.number()));
    let open = open.await.unwrap_err();
    assert_eq!(open.reason(), StopReason::CircuitOpen);
    assert_eq!(open.error(), &Fault::Down(2), "the error of the attempt, not the rejection");

    let rejected = policy.call().through(&opening);
    let rejected = rejected.run_recorded(|attempt| fail_slowly(attempt.number()));
    let rejected = rejected.await.unwrap_err();
    assert_eq!(rejected.reason(), StopReason::CircuitOpen);
    assert!(matches!(rejected.error(), Fault::Open(_)));
    assert_eq!(rejected.attempts().count(), 1);

    let late = policy.call().deadline(ms(105));
    let late = late.run_recorded(|attempt| fail_slowly(attempt.number()));
    let late = late.await.unwrap_err();
    assert_eq!(late.reason(), StopReason::Deadline);
    assert_eq!(late.error(), &Fault::Down(1), "a sleep would end after the deadline");

    let cut = policy.call().deadline(ms(115));
    let cut = cut.run_recorded(|attempt| fail_slowly(attempt.number()));
    let cut = cut.await.unwrap_err();
    assert_eq!(cut.reason(), StopReason::Deadline);
    let Fault::TimedOut(timed_out) = cut.error() else {
        panic!("{cut} was cut short");
    };
    assert_eq!((timed_out.limit(), timed_out.attempts()), (TimeLimit::Deadline, 2));
}

#[tokio::test(start_paused = true)]
async fn r12_a_rejection_between_two_attempts_is_not_an_attempt() {
    let settings = exact().max_retries(2);
    let policy = build(&settings.when_open(resilient::retries::WhenOpen::Wait));
    let breaker = breaker(100);
    let call = policy.call().through(&breaker);
    let call = call.run_recorded(|attempt| fail_slowly(attempt.number()));
    let operator = async {
        tokio::time::sleep(ms(50)).await;
        breaker.trip().unwrap();
    };

    let (result, ()) = tokio::join!(call, operator);

    let error = result.unwrap_err();
    // At 50 ms, the operator opens the circuit for ten seconds. At 110 ms, the breaker rejects the
    // call, and 9.94 s of the ten seconds are left. The loop adds a delay of 100 ms. The second
    // attempt is a probe that fails, so the circuit opens again.
    assert_eq!(
        parts(&error),
        [
            (Fault::Down(1), ms(10), ms(100) + ms(9_940) + ms(100)),
            (Fault::Down(2), ms(20), ms(10_100)),
            (Fault::Down(3), ms(30), ms(0)),
        ]
    );
    assert_eq!(error.reason(), StopReason::Exhausted);
}

#[tokio::test(start_paused = true)]
async fn r12_of_very_many_failed_attempts_the_last_hundred_are_recorded() {
    let policy = at_once(249);
    let call = policy
        .call()
        .run_recorded(|attempt| std::future::ready(Err::<(), _>(Fault::Down(attempt.number()))));
    let error = call.await.unwrap_err();
    assert_eq!((error.attempts().count(), error.forgotten()), (100, 150));
    let first = error.attempts().next().map(resilient::retries::FailedAttempt::error);
    assert_eq!(first, Some(&Fault::Down(151)));
    assert!(error.to_string().starts_with("gave up after 250 attempts"));
}

#[tokio::test(start_paused = true)]
async fn r12_a_call_by_hand_reports_why_it_gave_up_once_and_only_if_it_failed() {
    let events = std::sync::Mutex::new(Vec::new());
    let hook = |event: &resilient::retries::GiveUpEvent<'_, Result<u32, &'static str>>| {
        let budget = event.budget().map(str::to_owned);
        events.lock().unwrap().push((
            event.reason(),
            event.attempts(),
            event.error().copied(),
            budget,
        ));
    };
    let policy = at_once(2);
    let empty = resilient::budget::BudgetConfig::builder().initial_tokens(0).build().unwrap();
    let empty = resilient::RetryBudget::new("shop", empty);
    let exhausted = policy.call().on_give_up(&hook).run(async |_| Err("down"));
    assert_eq!(exhausted.await, Err("down"));
    let unpaid = policy.call().budget(&empty).on_give_up(&hook).run(async |_| Err("down"));
    assert_eq!(unpaid.await, Err("down"));
    let recorded = policy.call().on_give_up(&hook).run_recorded(async |_| Err::<u32, _>("down"));
    recorded.await.unwrap_err();
    let healed = policy.call().on_give_up(&hook);
    let healed = healed.run(async |attempt| if attempt.is_first() { Err("down") } else { Ok(1) });
    assert_eq!(healed.await, Ok(1));
    let down = Some("down");
    assert_eq!(
        *events.lock().unwrap(),
        [
            (StopReason::Exhausted, 3, down, None),
            (StopReason::Budget, 1, down, Some("shop".to_owned())),
            (StopReason::Exhausted, 3, down, None),
        ]
    );
}
