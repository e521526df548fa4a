//! Models of deferred successes. A thread may count a success later than it was reported. The
//! success is counted correctly, even if another thread ends its generation or its bucket before
//! that.

use super::*;

/// Creates a breaker with a window of four calls, which contains a success and a failure. Both a
/// failure rate of one from the second call on and a failure count of four open the circuit. The
/// thread on stripe 0 defers its successes.
fn windowed() -> (&'static CircuitBreaker, ManualClock) {
    let (breaker, clock) =
        closed(&config().window(4).failure_rate(1.0).failure_count(4).min_calls(2));
    own_stripe(0);
    succeed(breaker);
    fail(breaker);
    (breaker, clock)
}

pub(super) fn with_slot<T: 'static>(
    slot: usize,
    run: impl FnOnce() -> T + 'static,
) -> impl FnOnce() -> T {
    move || {
        own_stripe(slot);
        run()
    }
}

#[test]
fn b05_a_pending_success_beside_a_failure_is_in_the_window() {
    check(|| {
        let (breaker, _) = windowed();
        both(with_slot(0, || succeed(breaker)), with_slot(1, || fail(breaker)));
        let seen = breaker.snapshot();
        let window = seen.window.unwrap();
        holds((window.calls, window.failures) == (4, 2), "both calls are in the window", &seen);
        let totals = (seen.totals.success, seen.totals.failure);
        holds(totals == (2, 2), "both calls are in the totals", &seen);
        let streak = [1, 2].contains(&seen.consecutive_failures) || seen.consecutive_failures == 0;
        holds(streak, "some order explains the streak", &seen);
    });
}

#[test]
fn b04_a_deferred_success_ends_the_streak_before_the_next_failure_of_its_thread() {
    check(|| {
        let (breaker, _) = windowed();
        both(with_slot(0, || (succeed(breaker), fail(breaker))), with_slot(1, || succeed(breaker)));
        let seen = breaker.snapshot();
        holds(seen.consecutive_failures <= 1, "the success came between the failures", &seen);
        holds(seen.totals.success == 3, "all successes are counted", &seen);
    });
}

#[test]
fn b05_a_deferred_success_beside_a_failure_opens_if_both_orders_open() {
    check(|| {
        let (breaker, _) = closed(&config().window(10).failure_rate(0.3).min_calls(3));
        own_stripe(0);
        succeed(breaker);
        both(with_slot(0, || succeed(breaker)), with_slot(1, || fail(breaker)));
        // One of three calls failed, which meets the condition. The circuit opens at the third call
        // or, if that call is deferred, at the next call.
        succeed(breaker);
        let seen = breaker.snapshot();
        holds(seen.state == CircuitState::Open, "the rate was reached", &seen);
        let then = seen.last_opening.unwrap();
        holds((then.calls, then.failures) == (3, 1), "the first three calls opened it", &seen);
    });
}

#[test]
fn b03_a_success_that_is_deferred_while_its_generation_ends_changes_nothing_in_the_next() {
    check(|| {
        let (breaker, _) = windowed();
        // This thread acquires the permit on stripe 0. The thread that reports also owns stripe 0,
        // so it may defer the success.
        let permit = breaker.try_acquire().unwrap();
        both(
            with_slot(0, move || permit.report(Outcome::Success)),
            with_slot(1, || {
                breaker.close();
                fail(breaker);
            }),
        );
        let seen = breaker.snapshot();
        let window = seen.window.unwrap();
        holds(
            (window.calls, window.failures, seen.consecutive_failures) == (1, 1, 1),
            "only the new failure is remembered",
            &seen,
        );
        let once = seen.totals.success + seen.totals.late;
        holds(once == 2, "each call is in one total", &seen);
        holds(seen.in_state.success == 0, "the new state does not count the call", &seen);
    });
}

#[test]
fn b03_a_thread_defers_nothing_in_a_generation_that_it_has_not_seen() {
    check(|| {
        let (breaker, _) = windowed();
        both(
            with_slot(0, || {
                breaker.close();
                succeed(breaker);
                fail(breaker);
            }),
            with_slot(1, || breaker.state()),
        );
        let seen = breaker.snapshot();
        let window = seen.window.unwrap();
        holds(window.calls == 2, "both calls are in the window", &seen);
        holds(seen.consecutive_failures == 1, "the failure came last", &seen);
    });
}

#[test]
fn b05_a_pending_success_stays_in_its_bucket_while_another_thread_advances_the_window() {
    check(|| {
        let (breaker, clock) = closed(
            &config()
                .window(SECOND * 4)
                .window_buckets(2)
                .failure_rate(1.0)
                .failure_count(9)
                .min_calls(1),
        );
        own_stripe(0);
        succeed(breaker);
        let turning = clock.clone();
        both(
            with_slot(0, || succeed(breaker)),
            with_slot(1, move || {
                turning.advance(SECOND * 2);
                fail(breaker)
            }),
        );
        let seen = breaker.snapshot();
        let window = seen.window.unwrap();
        holds(window.calls == 3, "all calls are in the window", &seen);
        clock.advance(SECOND * 2);
        let later = breaker.snapshot().window.unwrap();
        holds(
            (1..=2).contains(&later.calls) && later.failures == 1,
            "the early calls have left the window",
            &later,
        );
        holds(seen.totals.success == 2, "both calls are in the totals", &seen);
    });
}

#[test]
fn b07_rejections_that_take_no_lock_are_counted() {
    check(|| {
        let (breaker, _) = closed(&config());
        breaker.trip().unwrap();
        let rejected = || !succeed(breaker);
        let (one, other) = both(rejected, rejected);
        let seen = breaker.snapshot();
        holds(one && other, "an open circuit rejects", &seen);
        holds(seen.totals.rejected == 2, "both calls are counted", &seen);
    });
}

#[test]
fn b07_a_call_beside_the_end_of_the_open_time_is_admitted_or_gets_the_time_left() {
    check(|| {
        let (breaker, clock) = closed(&config());
        breaker.trip().unwrap();
        let (open, ()) =
            both(|| breaker.try_acquire().map(drop).err(), move || clock.advance(SECOND));
        let seen = breaker.snapshot();
        let reported = open.is_none_or(|open| open.retry_after() == Some(SECOND));
        holds(reported, "the time left is the same as before", &seen);
    });
}
