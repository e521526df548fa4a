//! R3 and B16: calls in runtimes that have no timers, and in none.

use tokio::runtime::Builder;

use super::*;

#[test]
fn r03_a_delay_of_zero_makes_no_timer_call() {
    let without_timers = Builder::new_current_thread().build().unwrap();

    let alone = without_timers.block_on(fail(&at_once(3), Classification::transient()));
    let breaker = breaker(100);
    let through = without_timers.block_on(fail_through(
        &breaker,
        &at_once(3),
        Classification::transient(),
    ));

    assert_eq!((alone.executions, through.executions), (4, 4));
}

#[test]
fn r03_a_delay_of_zero_needs_no_runtime() {
    let breaker = breaker(100);

    let alone = poll_once(fail(&at_once(3), Classification::transient()));
    let through = poll_once(fail_through(
        &breaker,
        &at_once(3),
        Classification::transient(),
    ));

    assert!(matches!(alone, Poll::Ready(course) if course.executions == 4));
    assert!(matches!(through, Poll::Ready(course) if course.executions == 4));
}

#[test]
fn a_delay_where_there_is_no_runtime_ends_the_call_with_the_real_error() {
    let breaker = breaker(100);
    let policy = build(&exact());

    let alone = poll_once(fail(&policy, Classification::transient()));
    let through = poll_once(fail_through(&breaker, &policy, Classification::transient()));

    for course in [alone, through] {
        let Poll::Ready(course) = course else {
            panic!("there is nothing to wait for");
        };
        assert_eq!(course.result, Err(Fault::Down(1)));
        assert_eq!(course.executions, 1);
    }
}

#[test]
fn a_delay_where_the_runtime_has_no_timers_ends_the_call_with_the_real_error() {
    let without_timers = Builder::new_current_thread().build().unwrap();

    let course = without_timers.block_on(fail(&build(&exact()), Classification::transient()));

    assert_eq!(course.result, Err(Fault::Down(1)));
    assert_eq!(course.executions, 1);
}

#[test]
fn a_success_at_the_first_attempt_needs_no_runtime() {
    let breaker = breaker(1);

    let alone = poll_once(RetryPolicy::DEFAULT.call().run(async |_| Ok::<_, Fault>(7)));
    let through = poll_once(
        RetryPolicy::DEFAULT
            .call()
            .through(&breaker)
            .run(async |_| Ok::<_, Fault>(7)),
    );

    assert_eq!(alone, Poll::Ready(Ok(7)));
    assert_eq!(through, Poll::Ready(Ok(7)));
    assert_eq!(breaker.snapshot().totals.success, 1);
}
