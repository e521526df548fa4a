//! Rule R9: if the circuit opens, the retry loop stops or waits for a probe.

use resilient_testkit::{Fault, ms};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::WhenOpen;
use resilient::{
    BreakerConfig, CircuitBreaker, Classification, RetryError, RetryPolicy, circuit_breaker, retry,
    timeout,
};
use tokio::time::{Instant, advance, sleep};

use crate::support::circuit::waiting;
use crate::support::retry::{SECOND, breaker, build, exact, fail_through};

#[tokio::test(start_paused = true)]
async fn r09_the_failure_that_opens_the_circuit_ends_the_call_without_a_sleep() {
    let breaker = breaker(2);

    let course = fail_through(&breaker, &build(&exact()), Classification::transient()).await;

    assert_eq!(course.result, Err(Fault::Down(2)), "the error of the attempt, not the rejection");
    assert_eq!(course.delays, [ms(100)]);
    assert_eq!(course.after, ms(0));
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().totals.rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn r09_a_circuit_that_another_call_opened_during_the_attempt_ends_the_call() {
    let breaker = breaker(100);
    let start = Instant::now();

    let result: Result<(), Fault> = build(&exact())
        .call()
        .through(&breaker)
        .run(async |attempt| {
            breaker.trip().unwrap();
            Err(Fault::Down(attempt.number()))
        })
        .await;

    assert_eq!(result, Err(Fault::Down(1)));
    assert_eq!(start.elapsed(), ms(0));
}

#[tokio::test(start_paused = true)]
async fn r09_a_circuit_that_was_forced_open_during_the_attempt_ends_the_call() {
    let breaker = breaker(100);

    let result: Result<(), Fault> = build(&exact())
        .call()
        .through(&breaker)
        .run(async |attempt| {
            breaker.force_open();
            Err(Fault::Down(attempt.number()))
        })
        .await;

    assert_eq!(result, Err(Fault::Down(1)));
    assert_eq!(breaker.snapshot().totals.rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_is_rejected_at_its_first_attempt_sees_circuit_open() {
    let breaker = breaker(1);
    breaker.trip().unwrap();

    let course = fail_through(&breaker, &build(&exact()), Classification::transient()).await;

    let Err(Fault::Open(open)) = course.result else {
        panic!("not rejected: {course:?}");
    };
    assert_eq!(open.breaker(), "inventory");
    assert_eq!(open.state(), CircuitState::Open);
    assert_eq!(open.retry_after(), Some(10 * SECOND));
    assert_eq!((course.executions, course.after), (0, ms(0)));
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_is_rejected_later_returns_the_error_of_its_attempt() {
    let breaker = breaker(100);
    let start = Instant::now();
    let trip_in_the_first_sleep = async {
        sleep(ms(50)).await;
        breaker.trip().unwrap();
    };

    let policy = build(&exact());
    let (course, ()) = tokio::join!(
        fail_through(&breaker, &policy, Classification::transient()),
        trip_in_the_first_sleep
    );

    assert_eq!(course.result, Err(Fault::Down(1)));
    assert_eq!(course.executions, 1);
    assert_eq!(start.elapsed(), ms(100), "no sleep after the rejection");
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn r09_a_rejected_call_whose_output_is_an_option_returns_none() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let mut executions = 0;

    let output = build(&exact())
        .call()
        .through(&breaker)
        .run(|_| {
            executions += 1;
            async { Some(()) }
        })
        .await;

    assert_eq!((output, executions), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn r09_a_circuit_that_would_admit_a_probe_does_not_stop_the_loop() {
    let settings = BreakerConfig::builder().failure_threshold(1).recovery_time(Duration::ZERO);
    let breaker = CircuitBreaker::new("inventory", settings.build().unwrap());

    let course = fail_through(&breaker, &build(&exact()), Classification::transient()).await;

    assert_eq!(course.executions, 4);
}

#[tokio::test(start_paused = true)]
async fn r09_the_loop_stops_for_a_failed_probe_as_for_the_first_opening() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    advance(10 * SECOND).await;

    let course = fail_through(&breaker, &build(&exact()), Classification::transient()).await;

    assert_eq!(course.result, Err(Fault::Down(1)));
    assert_eq!((course.executions, course.after), (1, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r09_waiting_sleeps_as_long_as_the_circuit_is_open_and_the_first_delay_more() {
    let breaker = breaker(1);

    let course = fail_through(&breaker, &build(&waiting()), Classification::transient()).await;

    assert_eq!(course.result, Err(Fault::Down(4)));
    assert_eq!(course.delays, [10_100, 10_100, 10_100].map(ms));
    assert_eq!(breaker.snapshot().totals.rejected, 0);
}

#[tokio::test(start_paused = true)]
async fn r09_waiting_sleeps_the_delay_where_that_is_longer() {
    let settings = BreakerConfig::builder().failure_threshold(1).recovery_time(ms(150));
    let breaker = CircuitBreaker::new("inventory", settings.build().unwrap());

    let course = fail_through(&breaker, &build(&waiting()), Classification::transient()).await;

    assert_eq!(course.delays, [250, 300, 500].map(ms));
}

#[tokio::test(start_paused = true)]
async fn r09_waiting_is_spread_by_the_first_delay_and_never_too_short() {
    let mut waits = Vec::new();
    for seed in 0..50 {
        let settings = RetryPolicy::builder().when_open(WhenOpen::Wait);
        let settings = settings.base_delay(SECOND).max_retries(1);
        let policy = build(&settings.seed(seed));

        let course = fail_through(&breaker(1), &policy, Classification::transient()).await;

        waits.push(course.delays[0]);
    }

    assert!(waits.iter().all(|wait| *wait >= 10 * SECOND && *wait <= 11 * SECOND));
    let (shortest, longest) = (waits.iter().min(), waits.iter().max());
    assert!(longest.unwrap().abs_diff(*shortest.unwrap()) > ms(700));
}

#[tokio::test(start_paused = true)]
async fn r09_the_waiting_call_makes_the_probe_that_closes_the_circuit() {
    let breaker = breaker(1);
    let start = Instant::now();

    let result: Result<u32, Fault> = build(&waiting())
        .call()
        .through(&breaker)
        .run(async |attempt| match attempt.number() {
            1 => Err(Fault::Down(1)),
            number => Ok(number),
        })
        .await;

    assert_eq!(result, Ok(2));
    assert_eq!(start.elapsed(), ms(10_100));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_without_a_retry_left_does_not_wait() {
    let breaker = breaker(1);
    let policy = build(&waiting().max_retries(0));

    let course = fail_through(&breaker, &policy, Classification::transient()).await;

    assert_eq!(course.result, Err(Fault::Down(1)));
    assert_eq!((course.executions, course.after), (1, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r09_a_wait_that_does_not_fit_into_the_time_left_is_not_begun() {
    let too_short = build(&waiting().max_elapsed(ms(10_100)));
    let long_enough = build(&waiting().max_elapsed(ms(10_101)));

    let stopped = fail_through(&breaker(1), &too_short, Classification::transient()).await;
    let waited = fail_through(&breaker(1), &long_enough, Classification::transient()).await;

    assert_eq!(stopped.result, Err(Fault::Down(1)));
    assert_eq!((stopped.executions, stopped.after), (1, ms(0)));
    assert_eq!(waited.delays, [ms(10_100)]);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_does_not_wait_if_the_end_of_the_open_time_is_unknown() {
    let until_reset = BreakerConfig::builder().failure_threshold(1).recovery_time(Duration::MAX);
    let until_reset = CircuitBreaker::new("until reset", until_reset.build().unwrap());
    let forced = breaker(1);
    forced.force_open();

    let failed = fail_through(&until_reset, &build(&waiting()), Classification::transient()).await;
    let rejected = fail_through(&forced, &build(&waiting()), Classification::transient()).await;

    assert_eq!(failed.result, Err(Fault::Down(1)));
    assert_eq!((failed.executions, failed.after), (1, ms(0)));
    assert!(matches!(rejected.result, Err(Fault::Open(_))));
    assert_eq!((rejected.executions, rejected.after), (0, ms(0)));
}

#[tokio::test(start_paused = true)]
async fn r09_after_a_wait_and_a_rejection_the_call_returns_the_error_of_its_attempt() {
    let breaker = breaker(1);
    let policy = build(&waiting().max_retries(1));
    let trip_in_the_wait = async {
        sleep(SECOND).await;
        breaker.trip_for(3600 * SECOND).unwrap();
    };

    let (course, ()) = tokio::join!(
        fail_through(&breaker, &policy, Classification::transient()),
        trip_in_the_wait
    );

    assert_eq!(course.result, Err(Fault::Down(1)));
    assert_eq!((course.executions, course.after), (1, ms(10_100)));
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_only_ever_was_rejected_sees_circuit_open() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    let policy = build(&waiting().max_retries(1));
    let trip_in_the_wait = async {
        sleep(SECOND).await;
        breaker.trip_for(3600 * SECOND).unwrap();
    };

    let (course, ()) = tokio::join!(
        fail_through(&breaker, &policy, Classification::transient()),
        trip_in_the_wait
    );

    assert!(matches!(course.result, Err(Fault::Open(_))));
    assert_eq!(course.executions, 0);
    assert_eq!(breaker.snapshot().totals.rejected, 2);
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_is_rejected_by_full_slots_waits_for_the_lease() {
    let breaker = breaker(1);
    breaker.trip().unwrap();
    advance(10 * SECOND).await;
    let probe = breaker.try_acquire().expect("the first probe");
    let start = Instant::now();

    let stopped = fail_through(&breaker, &build(&exact()), Classification::transient()).await;
    let result = build(&waiting())
        .call()
        .through(&breaker)
        .run(async |_| Ok::<_, Fault>("took the slot"))
        .await;

    let Err(Fault::Open(open)) = stopped.result else {
        panic!("not rejected: {stopped:?}");
    };
    assert_eq!(open.state(), CircuitState::HalfOpen);
    assert_eq!(result, Ok("took the slot"));
    assert_eq!(start.elapsed(), ms(30_100), "probe_timeout and the first delay");
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn r09_a_rejection_in_a_nested_call_does_not_hide_the_error_of_an_attempt() {
    #[retry(attempt = this, jitter = none)]
    #[timeout("5s")]
    #[circuit_breaker(breaker = breaker, order = explicit)]
    async fn call(breaker: &CircuitBreaker) -> Result<(), Fault> {
        Err(Fault::Down(this.number()))
    }

    #[retry(attempt = this, jitter = none, errors = all)]
    #[timeout("5s")]
    #[circuit_breaker(breaker = breaker, order = explicit)]
    async fn recorded(breaker: &CircuitBreaker) -> Result<(), RetryError<Fault>> {
        Err(Fault::Down(this.number()))
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

        assert_eq!(result, Err(Fault::Down(1)), "recorded: {records}");
        assert_eq!(breaker.snapshot().totals.rejected, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn r09_of_two_rejections_before_any_attempt_the_call_returns_the_later_one() {
    #[retry(max_retries = 1, jitter = none, when_open = wait)]
    #[circuit_breaker(breaker = breaker)]
    async fn annotated(breaker: &CircuitBreaker) -> Result<(), Fault> {
        unreachable!("the call is never admitted")
    }

    let policy = build(&exact().max_retries(1).when_open(resilient::retries::WhenOpen::Wait));
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

        let Err(Fault::Open(open)) = result else {
            panic!("{result:?}");
        };
        // The breaker rejected the call at 10.1 s. The circuit stays open until 65 s.
        let left = open.retry_after().unwrap();
        assert_eq!(left, ms(65_000 - 10_000 - 100));
    }
}
