//! Rule R9: a call reports a wait for the circuit as a wait, not as an attempt.

use std::sync::Mutex;

use resilient::breaker::CircuitState;
use resilient::retries::{FailedAttempt, StopReason, WaitEvent};
use resilient::testing::Scope;
use resilient::{CircuitBreaker, RetryError, circuit_breaker, retry};
use resilient_testkit::{Fault, ms};
use tokio::time::{Instant, advance, sleep};

use crate::support::circuit::waiting;
use crate::support::retry::{SECOND, breaker, build};

#[tokio::test(start_paused = true)]
async fn r09_a_wait_before_the_first_attempt_uses_no_attempt() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let mut seen = Vec::new();

    let result: Result<(), Fault> = build(&waiting().max_retries(2))
        .call()
        .through(&breaker)
        .run(|attempt| {
            seen.push((attempt.number(), attempt.is_first(), attempt.last_delay()));
            async move { Err(Fault::Down(attempt.number())) }
        })
        .await;

    // The call waits before its first attempt, and again before its second attempt.
    assert_eq!(result, Err(Fault::Down(2)));
    assert_eq!(seen, [(1, true, ms(10_100)), (2, false, ms(10_100))]);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_waits_at_most_as_often_as_it_may_retry() {
    for max_retries in 0..4_u32 {
        let breaker = breaker(1);
        breaker.trip().unwrap();
        let scope = Scope::new().with_real_sleeps();
        let policy = build(&waiting().max_retries(max_retries));
        let call = policy.call().through(&breaker).run(async |_| Ok::<(), Fault>(()));
        let operator = async {
            loop {
                sleep(ms(10_050)).await;
                breaker.trip_for(10 * SECOND).unwrap();
            }
        };

        let result = tokio::select! {
            biased;
            () = operator => unreachable!("the operator never ends"),
            result = scope.run(call) => result,
        };

        assert!(matches!(result, Err(Fault::Open(_))), "{result:?}");
        let call = scope.call();
        assert_eq!(call.waits().len(), usize::try_from(max_retries).unwrap());
        assert_eq!((call.attempts(), call.delays().len()), (0, 0));
        assert_eq!(call.gave_up(), Some(StopReason::CircuitOpen));
        assert_eq!(breaker.snapshot().totals.rejected, u64::from(max_retries) + 1);
    }
}

/// The arguments of one call of a hook.
#[derive(Debug, PartialEq)]
enum Told {
    /// The number of the failed attempt.
    Retry(u32),
    /// The number of the wait, and the number of failed attempts.
    Wait(u32, u32),
    /// The number of attempts.
    GaveUp(u32, StopReason),
}

fn waits(event: &WaitEvent) -> Told {
    assert!([CircuitState::Open, CircuitState::HalfOpen].contains(&event.state()));
    assert!(event.at_most() >= SECOND);
    Told::Wait(event.wait(), event.failed_attempts())
}

#[retry(
    max_retries = 3,
    jitter = none,
    when_open = wait,
    on_retry = |event| told.lock().unwrap().push(Told::Retry(event.attempt())),
    on_wait = |event| told.lock().unwrap().push(waits(event)),
    on_give_up = |event| {
        told.lock().unwrap().push(Told::GaveUp(event.attempts(), event.reason()));
    },
)]
#[circuit_breaker(breaker = breaker)]
async fn told(breaker: &CircuitBreaker, told: &Mutex<Vec<Told>>) -> Result<(), Fault> {
    Err(Fault::Busy)
}

#[tokio::test(start_paused = true)]
async fn r09_hooks_receive_waits_and_attempts_separately() {
    let (breaker, seen) = (breaker(1), Mutex::new(Vec::new()));
    breaker.trip().unwrap();
    advance(10 * SECOND).await;
    // A probe of another caller holds the slot, so the call is rejected and waits for the lease.
    let probe = breaker.try_acquire().unwrap();

    assert_eq!(told(&breaker, &seen).await, Err(Fault::Busy));

    drop(probe);
    let expected = [
        Told::Wait(1, 0),
        Told::Retry(1),
        Told::Wait(2, 1),
        Told::Retry(2),
        Told::Wait(3, 2),
        // The policy allows a fourth attempt, but no fourth wait.
        Told::GaveUp(3, StopReason::CircuitOpen),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_was_only_rejected_counts_as_one_attempt() {
    let (breaker, seen) = (breaker(1), Mutex::new(Vec::new()));
    breaker.force_open();

    assert!(told(&breaker, &seen).await.is_err());

    assert_eq!(*seen.lock().unwrap(), [Told::GaveUp(1, StopReason::CircuitOpen)]);
}

#[test]
fn r09_the_hooks_of_a_plain_function_also_receive_waits() {
    #[retry(
        max_retries = 1,
        jitter = none,
        when_open = wait,
        on_wait = |event| told.lock().unwrap().push(waits(event)),
    )]
    #[circuit_breaker(breaker = breaker)]
    fn plain(breaker: &CircuitBreaker, told: &Mutex<Vec<Told>>) -> Result<(), Fault> {
        Err(Fault::Busy)
    }

    let (breaker, seen) = (breaker(1), Mutex::new(Vec::new()));
    let scope = Scope::new();
    breaker.trip().unwrap();

    assert!(scope.run_blocking(|| plain(&breaker, &seen)).is_err());

    assert_eq!(*seen.lock().unwrap(), [Told::Wait(1, 0)]);
    assert_eq!(scope.call().waits().len(), 1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn r09_the_record_of_errors_has_the_time_that_a_wait_really_took() {
    #[retry(max_retries = 1, jitter = none, when_open = wait, errors = all)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(breaker: &CircuitBreaker) -> Result<(), RetryError<Fault>> {
        Err(Fault::Busy)
    }

    for annotates in [false, true] {
        let (breaker, start) = (breaker(1), Instant::now());
        let policy = build(&waiting().max_retries(1));
        let call = async {
            if annotates {
                return annotated(&breaker).await;
            }
            let call = policy.call().through(&breaker);
            call.run_recorded(async |_| Err(Fault::Busy)).await
        };
        let operator = async {
            sleep(SECOND).await;
            breaker.close();
        };

        let (result, ()) = tokio::join!(call, operator);

        let error = result.unwrap_err();
        let delays: Vec<_> = error.attempts().map(FailedAttempt::delay).collect();
        assert_eq!((delays, start.elapsed()), (vec![ms(1_100), ms(0)], ms(1_100)));
        assert_eq!(error.elapsed(), ms(1_100));
    }
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_waited_and_succeeded_at_its_first_attempt_was_not_retried() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let scope = Scope::new().with_real_sleeps();
    let policy = build(&waiting());

    let call =
        policy.call().through(&breaker).run(async |attempt| Ok::<_, Fault>(attempt.number()));
    let result = scope.run(call).await;

    assert_eq!(result, Ok(1));
    let call = scope.call();
    assert!(call.succeeded() && call.delays().is_empty());
    assert_eq!((call.attempts(), call.waits()), (1, &[ms(10_100)][..]));
}
