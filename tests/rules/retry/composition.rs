//! Rows of the composition table that need no attribute, and futures that can be sent to other threads.

use resilient::breaker::CircuitState;
use resilient::{RetryError, TimedOut, circuit_breaker, retry, timeout};

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

    let course = fail_through(&breaker, &at_once(6), Classification::transient()).await;

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

    let course = fail_through(&breaker, &policy, Classification::transient()).await;

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
                .call()
                .run(|attempt| {
                    executions += 1;
                    async move { Err(Fault::Down(attempt.number())) }
                })
                .await
        })
        .await;

    assert_eq!((result, executions), (Err(Fault::Down(3)), 3));
    assert_eq!(breaker.snapshot().totals.failure, 1);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test]
async fn row_p18_an_open_circuit_is_one_attempt_and_no_execution() {
    let breaker = breaker(1);
    breaker.trip().unwrap();

    let course = fail_through(&breaker, &at_once(2), Classification::transient()).await;

    assert!(matches!(course.result, Err(Fault::Rejected(_))));
    assert_eq!(course.executions, 0);
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test]
async fn c03_a_retried_call_can_be_spawned() {
    let task = tokio::spawn(async {
        at_once(2)
            .call()
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
            .call()
            .through(&handle)
            .run(async |attempt| {
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
    assert_eq!(breaker.state(), CircuitState::Open);
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

#[tokio::test(start_paused = true)]
async fn r09_of_two_rejections_before_any_attempt_the_call_returns_the_later_one() {
    #[retry(max_retries = 1, jitter = none, when_open = wait)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(breaker: &CircuitBreaker) -> Result<(), Late> {
        unreachable!("it is never admitted")
    }

    let policy = build(
        &exact()
            .max_retries(1)
            .when_open(resilient::retries::WhenOpen::Wait),
    );
    for annotates in [false, true] {
        let breaker = breaker(1);
        breaker.trip().unwrap();
        let call = async {
            if annotates {
                return annotated(&breaker).await;
            }
            let call = policy.call().through(&breaker);
            call.run(|_| std::future::ready(Ok(()))).await
        };
        let operator = async {
            tokio::time::sleep(5 * SECOND).await;
            breaker.trip_for(60 * SECOND).unwrap();
        };

        let (result, ()) = tokio::join!(call, operator);

        let Err(Late::Rejected(open)) = result else {
            panic!("{result:?}");
        };
        // It came at 10.1 s, and the circuit stays open until 65 s are over.
        let left = open.retry_after().unwrap();
        assert_eq!(left, ms(65_000 - 10_000 - 100));
    }
}

#[tokio::test(start_paused = true)]
async fn r12_a_hook_is_told_which_attempt_failed_of_how_many_and_the_delay() {
    type Told = (u32, u32, Duration, u32);

    #[retry(
        max_retries = 2,
        jitter = none,
        on_retry = |event| told.lock().unwrap().push((
            event.attempt(),
            event.max_attempts(),
            event.delay(),
            match event.error() { Some(Late::Down(nth)) => *nth, _ => 0 },
        )),
        on_give_up = |event| told.lock().unwrap().push((event.attempts(), 0, Duration::ZERO, 0))
    )]
    async fn call(calls: &mut u32, told: &std::sync::Mutex<Vec<Told>>) -> Result<(), Late> {
        *calls += 1;
        Err(Late::Down(*calls))
    }

    let told = std::sync::Mutex::default();
    assert_eq!(call(&mut 0, &told).await, Err(Late::Down(3)));
    let expected = [
        (1, 3, ms(100), 1),
        (2, 3, ms(200), 2),
        (3, 0, Duration::ZERO, 0),
    ];
    assert_eq!(told.into_inner().unwrap(), expected);
}
