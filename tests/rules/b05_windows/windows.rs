//! Rule B5: a window contains the latest calls, by number or by time.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, BreakerConfigBuilder, CircuitState};
use resilient::{BreakerConfig, Outcome};

use resilient_testkit::{
    calls, closed, due, fail, panic_in_call, secs, succeed, take, while_unwinding, window,
};

/// Returns settings with a window of this many calls, and with a threshold that no test reaches.
fn last_calls(count: u32) -> BreakerConfigBuilder {
    BreakerConfig::builder().window(count).failure_threshold(u32::MAX).recovery_time(secs(10))
}

fn last_seconds(seconds: u64) -> BreakerConfigBuilder {
    BreakerConfig::builder().window(secs(seconds)).failure_threshold(u32::MAX)
}

#[test]
fn b05_a_window_of_calls_holds_exactly_the_last_n() {
    let (breaker, clock) = closed(&last_calls(5));
    assert_eq!(window(&breaker), (0, 0, 0));
    calls(&breaker, "FSF");
    assert_eq!(window(&breaker), (3, 2, 0));
    calls(&breaker, "SS");
    assert_eq!(window(&breaker), (5, 2, 0));
    // At each step, the oldest call leaves the window.
    for (end, failures) in [("S", 1), ("S", 1), ("S", 0), ("F", 1), ("F", 2)] {
        calls(&breaker, end);
        assert_eq!(window(&breaker), (5, failures, 0));
    }
    clock.advance(secs(1_000_000));
    assert_eq!(window(&breaker), (5, 2, 0), "calls stay in the window at any age");
}

#[test]
fn b05_a_window_of_one_call_holds_the_last_one() {
    let (breaker, _clock) = closed(&last_calls(1));
    for (end, failures) in [("F", 1), ("F", 1), ("S", 0), ("S", 0), ("F", 1)] {
        calls(&breaker, end);
        assert_eq!(window(&breaker), (1, failures, 0));
    }
}

#[test]
fn b05_the_longest_window_of_calls_holds_a_million() {
    let (breaker, _clock) = closed(&last_calls(1_000_000));
    fail(&breaker);
    for _ in 1..1_000_000 {
        succeed(&breaker);
    }
    assert_eq!(window(&breaker), (1_000_000, 1, 0));
    succeed(&breaker);
    assert_eq!(window(&breaker), (1_000_000, 0, 0));
}

#[test]
fn b05_only_counted_calls_are_in_a_window() {
    for config in [last_calls(9), last_seconds(60)] {
        let (breaker, _clock) = closed(&config);
        let late = breaker.try_acquire().unwrap();
        breaker.close();
        calls(&breaker, "IXSF");
        late.report(Outcome::Failure);
        assert_eq!(window(&breaker), (2, 1, 0));
        panic_in_call(&breaker);
        assert_eq!(window(&breaker), (3, 2, 0));
    }
}

#[test]
fn b05_a_cancelled_call_is_in_the_window_where_it_counts_as_a_failure() {
    let (breaker, _clock) = closed(&last_calls(9).abandoned(AbandonedOutcome::Failure));
    calls(&breaker, "SXI");
    while_unwinding(breaker.try_acquire().unwrap());
    assert_eq!(window(&breaker), (3, 2, 0));
}

#[test]
fn b05_a_window_of_time_holds_the_present_bucket_and_the_nine_before_it() {
    let (breaker, clock) = closed(&last_seconds(60));
    // The state begins now, so bucket 0 covers the first six seconds from now.
    fail(&breaker);
    clock.advance(Duration::from_nanos(5_999_999_999));
    succeed(&breaker);
    clock.advance(Duration::from_nanos(1));
    succeed(&breaker);
    clock.advance(secs(48));
    assert_eq!(window(&breaker), (3, 1, 0), "bucket 9 begins");
    clock.advance(Duration::from_nanos(5_999_999_999));
    assert_eq!(window(&breaker), (3, 1, 0));
    clock.advance(Duration::from_nanos(1));
    assert_eq!(window(&breaker), (1, 0, 0), "bucket 0 has left");
    clock.advance(secs(6));
    assert_eq!(window(&breaker), (0, 0, 0), "bucket 1 has left");
}

#[test]
fn b05_window_buckets_sets_the_number_of_buckets() {
    // A call at the beginning of a bucket stays in the window for the whole ten seconds.
    for buckets in [1, 2, 3, 4, 1_000] {
        let (breaker, clock) = closed(&last_seconds(10).window_buckets(buckets));
        succeed(&breaker);
        clock.advance(Duration::from_nanos(9_999_999_999));
        assert_eq!(window(&breaker).0, 1, "{buckets}");
        clock.advance(Duration::from_nanos(1));
        assert_eq!(window(&breaker).0, 0, "{buckets}");
    }
    // The call is at the end of a bucket. It leaves the window with the whole bucket, after 7.5 s.
    let (breaker, clock) = closed(&last_seconds(10).window_buckets(4));
    clock.advance(Duration::from_millis(2_499));
    succeed(&breaker);
    clock.advance(Duration::from_millis(7_501));
    assert_eq!(window(&breaker).0, 0);
}

#[test]
fn b05_buckets_that_do_not_divide_a_window_have_no_drift() {
    // The window has three buckets. Bucket k begins at k * 10 / 3 ns, rounded up: 0, 4, 7, 10, 14 …
    let config = BreakerConfig::builder()
        .window(Duration::from_nanos(10))
        .window_buckets(3)
        .failure_threshold(u32::MAX);
    let (breaker, clock) = closed(&config);
    let mut calls_in_bucket = std::collections::BTreeMap::<u64, u64>::new();
    for nanos in 0..3_000_u64 {
        let bucket = nanos * 3 / 10;
        succeed(&breaker);
        *calls_in_bucket.entry(bucket).or_default() += 1;
        let expected: u64 =
            calls_in_bucket.range(bucket.saturating_sub(2)..=bucket).map(|(_, calls)| calls).sum();
        assert_eq!(window(&breaker).0, expected, "after {nanos} ns");
        clock.advance(Duration::from_nanos(1));
    }
}

#[test]
fn b05_a_window_of_time_is_the_sum_of_its_buckets_at_any_time() {
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..50 {
        let (length, buckets) = (random.u64(1..=1_000), random.u32(1..=20));
        let config = BreakerConfig::builder()
            .window(Duration::from_millis(length))
            .window_buckets(buckets)
            .failure_threshold(u32::MAX);
        let (breaker, clock) = closed(&config);
        let mut elapsed = 0;
        let mut came: Vec<(u64, bool)> = Vec::new();
        let bucket_at = |millis: u64| millis * u64::from(buckets) / length;
        for _ in 0..100 {
            let pause = [0, random.u64(0..=length / 3), random.u64(0..=3 * length)];
            let pause = pause[random.usize(..3)];
            elapsed += pause;
            clock.advance(Duration::from_millis(pause));
            let present = bucket_at(elapsed);
            let failed = random.bool();
            if random.bool() {
                came.push((present, failed));
                calls(&breaker, if failed { "F" } else { "S" });
            }
            let within = |bucket: u64| bucket + u64::from(buckets) > present;
            let expected: Vec<_> = came.iter().filter(|(at, _)| within(*at)).collect();
            let failures = expected.iter().filter(|(_, failed)| *failed).count() as u64;
            assert_eq!(window(&breaker), (expected.len() as u64, failures, 0));
        }
    }
}

#[test]
fn b05_bucket_0_begins_when_the_state_begins() {
    let (breaker, clock) = closed(&last_seconds(10).recovery_time(secs(1)));
    clock.advance(Duration::from_millis(500));
    breaker.close();
    succeed(&breaker);
    // Bucket 0 begins at `close`. If bucket 0 began when the breaker was created, the call would
    // leave the window half a second too early.
    clock.advance(Duration::from_millis(9_999));
    assert_eq!(window(&breaker).0, 1);
    clock.advance(Duration::from_millis(1));
    assert_eq!(window(&breaker).0, 0);
}

#[test]
fn b05_a_window_of_time_survives_pauses_longer_than_itself() {
    let (breaker, clock) = closed(&last_seconds(10));
    for _ in 0..5 {
        calls(&breaker, "FS");
        assert_eq!(window(&breaker), (2, 1, 0));
        clock.advance(secs(1_000_003));
        assert_eq!(window(&breaker), (0, 0, 0));
    }
}

#[test]
fn b05_a_clock_that_goes_back_counts_in_the_newest_bucket() {
    let (breaker, clock) = closed(&last_seconds(10));
    clock.advance(secs(8));
    fail(&breaker);
    clock.set_back(secs(5));
    fail(&breaker);
    assert_eq!(window(&breaker), (2, 2, 0));
    clock.advance(secs(14));
    assert_eq!(window(&breaker), (2, 2, 0), "both calls are in bucket 8, which leaves at 18");
    clock.advance(secs(1));
    assert_eq!(window(&breaker), (0, 0, 0));
}

#[test]
fn b05_the_window_slides_however_many_successes_came_before() {
    let (breaker, _clock) =
        closed(&BreakerConfig::builder().window(10).failure_rate(0.5).min_calls(10));
    for _ in 0..10_000 {
        succeed(&breaker);
    }
    for _ in 0..4 {
        fail(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
    }
    fail(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn b05_every_state_starts_with_a_clean_window() {
    for config in [last_calls(9), last_seconds(3_600)] {
        let (breaker, clock) = closed(&config.recovery_time(secs(10)));
        calls(&breaker, "FFS");
        breaker.close();
        assert_eq!(window(&breaker), (0, 0, 0), "closed by hand");
        calls(&breaker, "FFS");
        breaker.observe_only();
        assert_eq!(window(&breaker), (0, 0, 0), "observed");
        calls(&breaker, "FFFS");
        assert_eq!(window(&breaker), (4, 3, 0));
        breaker.close();
        calls(&breaker, "FFS");
        breaker.trip().unwrap();
        clock.advance(secs(10));
        succeed(&breaker);
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(window(&breaker), (0, 0, 0), "closed by a probe");
    }
}

#[test]
fn b05_states_that_count_for_no_condition_have_no_window() {
    let (breaker, _clock) = due(&last_calls(9));
    assert_eq!(breaker.snapshot().window, None, "due");
    let probe = breaker.try_acquire().unwrap();
    assert_eq!(breaker.snapshot().window, None, "half-open");
    drop(probe);
    breaker.force_open();
    assert_eq!(breaker.snapshot().window, None, "forced open");
    breaker.disable();
    assert_eq!(breaker.snapshot().window, None, "disabled");
    breaker.close();
    breaker.trip().unwrap();
    assert_eq!(breaker.snapshot().window, None, "open");
}

#[test]
fn b05_the_snapshot_of_a_breaker_without_a_window_has_no_window() {
    let (breaker, clock) = closed(&BreakerConfig::builder());
    take(&breaker, &clock, secs(99), Outcome::Success);
    assert_eq!(breaker.snapshot().window, None);
}

#[test]
fn b05_a_window_computes_the_rates_of_its_calls() {
    let (breaker, _clock) = closed(&last_calls(8));
    let rates = || {
        let window = breaker.snapshot().window.unwrap();
        (window.failure_rate(), window.slow_call_rate())
    };
    assert_eq!(rates(), (None, None));
    calls(&breaker, "FSSS");
    assert_eq!(rates(), (Some(0.25), Some(0.0)));
    calls(&breaker, "FFFF");
    assert_eq!(rates(), (Some(0.625), Some(0.0)));
    assert_eq!(breaker.snapshot().window.unwrap().consecutive_failures, 4);
}

#[test]
fn b05_many_threads_fill_one_window() {
    for config in [last_calls(1_000), last_seconds(60)] {
        let (breaker, _clock) = closed(&config);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| calls(&breaker, &"SF".repeat(125)));
            }
        });
        assert_eq!(window(&breaker), (1_000, 500, 0));
    }
}
