//! R1, R12: a failed call tells of all its attempts, to those who ask.

use std::error::Error;

use resilient::retries::{StopReason, TimeLimit};
use resilient::{RetryError, TimedOut};

use super::*;

#[derive(Debug, PartialEq, Clone)]
enum Told {
    Down(u32),
    Rejected(CircuitOpen),
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Told {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl From<TimedOut> for Told {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Told {}

/// Each attempt's number, time and the delay after it.
fn parts(error: &RetryError<Told>) -> Vec<(Told, Duration, Duration)> {
    let attempts = error.attempts();
    attempts
        .map(|failed| (failed.error().clone(), failed.took(), failed.delay()))
        .collect()
}

async fn fail_slowly(number: u32) -> Result<(), Told> {
    tokio::time::sleep(ms(10) * number).await;
    Err(Told::Down(number))
}

#[tokio::test(start_paused = true)]
async fn r12_every_error_comes_with_its_time_and_the_delay_after_it() {
    let policy = build(&exact().max_retries(2));
    let call = policy
        .call()
        .run_recorded(|attempt| fail_slowly(attempt.number()));
    let error = call.await.unwrap_err();

    assert_eq!(error.reason(), StopReason::Exhausted);
    assert_eq!(
        parts(&error),
        [
            (Told::Down(1), ms(10), ms(100)),
            (Told::Down(2), ms(20), ms(200)),
            (Told::Down(3), ms(30), ms(0)),
        ]
    );
    assert_eq!(error.elapsed(), ms(360));
    assert_eq!(error.forgotten(), 0);
    assert_eq!(
        error.to_string(),
        "gave up after 3 attempts in 360ms (exhausted): Down(3)"
    );
    let source = error.source().unwrap().downcast_ref::<Told>();
    assert_eq!(source, Some(&Told::Down(3)));
    assert_eq!(error.into_error(), Told::Down(3));
}

#[tokio::test(start_paused = true)]
async fn r12_a_good_call_is_as_it_is() {
    let call = at_once(2);
    let call = call.call().run_recorded(async |attempt| {
        if attempt.is_first() {
            Err(Told::Down(1))
        } else {
            Ok(attempt.number())
        }
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
    assert_eq!(open.error(), &Told::Down(2), "the real error");

    let rejected = policy.call().through(&opening);
    let rejected = rejected.run_recorded(|attempt| fail_slowly(attempt.number()));
    let rejected = rejected.await.unwrap_err();
    assert_eq!(rejected.reason(), StopReason::CircuitOpen);
    assert!(matches!(rejected.error(), Told::Rejected(_)));
    assert_eq!(rejected.attempts().count(), 1);

    let late = policy.call().deadline(ms(105));
    let late = late.run_recorded(|attempt| fail_slowly(attempt.number()));
    let late = late.await.unwrap_err();
    assert_eq!(late.reason(), StopReason::Deadline);
    assert_eq!(late.error(), &Told::Down(1), "a sleep would cross it");

    let cut = policy.call().deadline(ms(115));
    let cut = cut.run_recorded(|attempt| fail_slowly(attempt.number()));
    let cut = cut.await.unwrap_err();
    assert_eq!(cut.reason(), StopReason::Deadline);
    let Told::TimedOut(timed_out) = cut.error() else {
        panic!("{cut} was cut short");
    };
    assert_eq!(
        (timed_out.limit(), timed_out.attempts()),
        (TimeLimit::Deadline, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn r12_a_rejection_between_two_attempts_is_none_of_them() {
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
    // Rejected at 110 ms, and admitted as a probe once the ten seconds from 50 ms on are over, and the spread.
    assert_eq!(
        parts(&error),
        [
            (Told::Down(1), ms(10), ms(100) + ms(9_940) + ms(100)),
            (Told::Down(3), ms(30), ms(0)),
        ]
    );
    assert_eq!(error.reason(), StopReason::Exhausted);
}

#[tokio::test(start_paused = true)]
async fn r12_of_very_many_failed_attempts_the_last_hundred_are_kept() {
    let policy = at_once(249);
    let call = policy
        .call()
        .run_recorded(|attempt| std::future::ready(Err::<(), _>(Told::Down(attempt.number()))));
    let error = call.await.unwrap_err();
    assert_eq!((error.attempts().count(), error.forgotten()), (100, 150));
    let first = error
        .attempts()
        .next()
        .map(resilient::retries::FailedAttempt::error);
    assert_eq!(first, Some(&Told::Down(151)));
    assert!(error.to_string().starts_with("gave up after 250 attempts"));
}
