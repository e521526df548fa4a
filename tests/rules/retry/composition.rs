//! Rows of the composition table that need no attribute, and futures that can be sent to other threads.

use resilient::{RetryError, State, TimedOut, circuit_breaker, retry, timeout};

use super::*;

#[derive(Debug, PartialEq)]
enum Late {
    Down(u32),
    Rejected(CircuitOpen),
    TimedOut(TimedOut),
}

impl From<CircuitOpen> for Late {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open)
    }
}

impl From<TimedOut> for Late {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

#[tokio::test]
async fn row_p03_the_loop_stops_when_its_failures_have_opened_the_circuit() {
    let breaker = breaker(3);

    let course = fail_through(&breaker, &at_once(6), Class::transient()).await;

    assert_eq!(course.executions, 3);
    assert_eq!(course.result, Err(Fault::Down(3)));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failure, totals.rejected), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn row_p07_a_call_fails_at_once_while_the_circuit_is_open() {
    let breaker = breaker(1);
    let policy = build(&exact().base_delay(SECOND));
    breaker.trip().unwrap();
    let start = Instant::now();

    let course = fail_through(&breaker, &policy, Class::transient()).await;

    assert!(matches!(course.result, Err(Fault::Rejected(_))));
    assert!(start.elapsed() < ms(200), "{:?}", start.elapsed());
}

#[tokio::test]
async fn row_p09_a_breaker_around_a_loop_sees_one_failure() {
    let breaker = breaker(3);
    let mut executions = 0;

    let result: Result<(), Fault> = breaker
        .call(async || {
            at_once(2)
                .run(|attempt| {
                    executions += 1;
                    async move { Err(Fault::Down(attempt.number())) }
                })
                .await
        })
        .await;

    assert_eq!((result, executions), (Err(Fault::Down(3)), 3));
    assert_eq!(breaker.snapshot().totals.failure, 1);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn row_p18_an_open_circuit_is_one_attempt_and_no_execution() {
    let breaker = breaker(1);
    breaker.trip().unwrap();

    let course = fail_through(&breaker, &at_once(2), Class::transient()).await;

    assert!(matches!(course.result, Err(Fault::Rejected(_))));
    assert_eq!(course.executions, 0);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test]
async fn c03_a_retried_call_can_be_spawned() {
    let task = tokio::spawn(async {
        at_once(2)
            .run(async |attempt| {
                tokio::task::yield_now().await;
                if attempt.number() < 3 {
                    Err(Fault::Down(attempt.number()))
                } else {
                    Ok(attempt.number())
                }
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Ok(3));
}

#[tokio::test]
async fn c03_a_call_that_is_retried_through_a_breaker_can_be_spawned() {
    let breaker = breaker(100);
    let handle = breaker.clone();

    let task = tokio::spawn(async move {
        at_once(2)
            .run_through(&handle, async |attempt| {
                tokio::task::yield_now().await;
                Err::<(), _>(Fault::Down(attempt.number()))
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Err(Fault::Down(3)));
    assert_eq!(breaker.snapshot().totals.failure, 3);
}

#[tokio::test]
async fn c03_a_call_through_a_breaker_can_be_spawned() {
    let breaker = breaker(1);
    let handle = breaker.clone();

    let task = tokio::spawn(async move {
        handle
            .call(async || {
                tokio::task::yield_now().await;
                Err::<(), _>(Fault::Down(1))
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Err(Fault::Down(1)));
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn r09_a_rejection_further_down_hides_no_real_error_from_an_attempt_that_knew_it() {
    #[retry(attempt = this, jitter = none)]
    #[timeout("5s")]
    #[circuit_breaker(breaker = breaker)]
    async fn call(breaker: &CircuitBreaker) -> Result<(), Late> {
        Err(Late::Down(this.number()))
    }

    #[retry(attempt = this, jitter = none, errors = all)]
    #[timeout("5s")]
    #[circuit_breaker(breaker = breaker)]
    async fn recorded(breaker: &CircuitBreaker) -> Result<(), RetryError<Late>> {
        Err(Late::Down(this.number()))
    }

    for records in [false, true] {
        let breaker = breaker(100);
        let call = async {
            if records {
                recorded(&breaker).await.map_err(RetryError::into_error)
            } else {
                call(&breaker).await
            }
        };
        let operator = async {
            tokio::time::sleep(ms(50)).await;
            breaker.force_open();
        };

        let (result, ()) = tokio::join!(call, operator);

        assert_eq!(result, Err(Late::Down(1)), "recorded: {records}");
        assert_eq!(breaker.snapshot().totals.rejected, 1);
    }
}
