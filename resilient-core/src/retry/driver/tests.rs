//! Proves the decisions of the driver: by single cases, and by properties over seeded random
//! inputs.

use std::time::Duration;

use super::{AttemptEnd, RetryDriver};
use crate::breaker::{CircuitOpen, CircuitState};
use crate::platform::random::Generator;
use crate::retry::backoff::Backoff;
use crate::retry::call_options::CallOptions;
use crate::retry::jitter::Jitter;
use crate::retry::policy::{RetryPolicy, RetryPolicyBuilder, WhenOpen};
use crate::signal::Classification;
use crate::signal::Name;
use crate::signal::StopReason;

/// The number of random inputs of each property.
const CASES: usize = 10_000;

const SECOND: Duration = Duration::from_secs(1);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn build(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

/// Returns a policy without jitter, without a cap and with as many retries as possible.
fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder().max_retries(u32::MAX).max_delay(Duration::MAX).jitter(Jitter::None)
}

fn fail(retry: &mut RetryDriver<'_>) -> Result<Duration, StopReason> {
    retry.after(AttemptEnd::Failed(Classification::transient()), None)
}

fn open_for(retry_after: Option<Duration>) -> CircuitOpen {
    CircuitOpen::new(Name::Static("inventory"), CircuitState::Open, retry_after.into())
}

/// Draws random inputs. Every magnitude is equally likely, and the extremes are more frequent.
mod any {
    use super::{Backoff, Duration, Generator, Jitter};

    pub(super) fn duration(random: &mut Generator) -> Duration {
        match random.u8(0..10) {
            0 => Duration::ZERO,
            1 => Duration::MAX,
            2 => Duration::from_secs(u64::MAX),
            3 => Duration::from_nanos(random.u64(0..4)),
            _ => Duration::new(
                random.u64(..=u64::MAX) >> random.u32(0..64),
                random.u32(0..1_000_000_000),
            ),
        }
    }

    /// Returns two durations, the shorter one first.
    pub(super) fn base_and_cap(random: &mut Generator) -> (Duration, Duration) {
        let (a, b) = (duration(random), duration(random));
        (a.min(b), a.max(b))
    }

    pub(super) fn share(random: &mut Generator) -> f64 {
        match random.u8(0..6) {
            0 => 0.0,
            1 => 1.0,
            2 => random.unit() * 1e-15,
            _ => random.unit(),
        }
    }

    pub(super) fn backoff(random: &mut Generator) -> Backoff {
        match random.u8(0..6) {
            0 => Backoff::Constant,
            1 => Backoff::Linear,
            2 => Backoff::Fibonacci,
            3 => Backoff::Custom(|_| None),
            4 => Backoff::Custom(|_| Some(Duration::MAX)),
            _ => Backoff::Exponential,
        }
    }

    /// Returns a jitter that spreads a nominal delay.
    pub(super) fn jitter(random: &mut Generator) -> Jitter {
        match random.u8(0..4) {
            0 => Jitter::None,
            1 => Jitter::Full,
            2 => Jitter::Equal,
            _ => Jitter::Proportional(share(random)),
        }
    }
}

mod decisions {
    use super::*;

    #[test]
    fn r02_the_driver_returns_a_delay_or_a_reason_for_any_input_and_never_panics() {
        let mut random = Generator::seeded(203);
        for case in 0..CASES as u64 {
            let (base, cap) = any::base_and_cap(&mut random);
            let mut settings = exact().base_delay(base).max_delay(cap).seed(case);
            settings = match random.u8(0..4) {
                0 => settings.jitter(Jitter::Smooth),
                1 => settings.jitter(Jitter::Decorrelated),
                _ => settings.jitter(any::jitter(&mut random)).backoff(any::backoff(&mut random)),
            };
            if random.bool() {
                settings = settings.when_open(WhenOpen::Wait);
            }
            if random.bool() {
                let limit = any::duration(&mut random).max(Duration::from_nanos(1));
                settings = settings.max_elapsed(limit);
            }
            let max_retry_after = any::duration(&mut random);
            let policy = build(&settings.max_retry_after(max_retry_after));
            let mut retry = RetryDriver::start(&policy);

            for _ in 0..8 {
                let asked = any::duration(&mut random);
                match random.u8(0..3) {
                    0 => {
                        if let Ok(delay) = fail(&mut retry) {
                            assert!(delay <= cap, "{policy:?}: {delay:?}");
                        }
                    }
                    1 => {
                        match retry.after(
                            AttemptEnd::Failed(Classification::throttled().after(asked)),
                            None,
                        ) {
                            Ok(delay) => assert!(delay >= asked && asked <= max_retry_after),
                            Err(reason) => assert_ne!(reason, StopReason::Exhausted),
                        }
                    }
                    _ => match retry.after(AttemptEnd::Rejected(&open_for(Some(asked))), None) {
                        Ok(delay) => assert!(delay >= asked),
                        Err(reason) => assert_eq!(reason, StopReason::CircuitOpen),
                    },
                }
            }
        }
    }

    #[test]
    fn r01_the_driver_grants_max_retries_and_then_reports_that_they_are_exhausted() {
        for retries in [0, 1, 3, 50] {
            let policy = build(&exact().max_retries(retries));
            let mut retry = RetryDriver::start(&policy);

            let granted = (0..100).take_while(|_| fail(&mut retry).is_ok()).count();

            assert_eq!(granted, retries as usize);
            assert_eq!(retry.attempt_number(), retries + 1);
            assert_eq!(fail(&mut retry), Err(StopReason::Exhausted));
        }
    }

    #[test]
    fn r08_an_error_that_is_not_retryable_ends_the_call() {
        for class in
            [Classification::permanent(), Classification::ignored(), Classification::answered()]
        {
            let policy = build(&exact());
            let mut retry = RetryDriver::start(&policy);

            let next = retry.after(AttemptEnd::Failed(class), None);

            assert_eq!(next, Err(StopReason::NotRetryable), "{class:?}");
        }
    }

    #[test]
    fn r04_a_hint_is_a_floor_under_the_delay_and_the_first_delay_is_added_to_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = RetryDriver::start(&policy);
        let mut hinted = |hint| {
            retry.after(AttemptEnd::Failed(Classification::transient().after(ms(hint))), None)
        };

        assert_eq!(hinted(5_000), Ok(ms(5_100)));
        assert_eq!(hinted(99), Ok(ms(200)), "99 + 100 ms is below the second delay");
        assert_eq!(hinted(301), Ok(ms(401)), "301 + 100 ms is above the third delay");
        assert_eq!(hinted(0), Ok(ms(800)));
    }

    #[test]
    fn r04_the_longest_delay_does_not_bound_a_hint() {
        let policy = build(&exact().base_delay(ms(100)).max_delay(SECOND));
        let mut retry = RetryDriver::start(&policy);

        let delay =
            retry.after(AttemptEnd::Failed(Classification::throttled().after(30 * SECOND)), None);

        assert_eq!(delay, Ok(30 * SECOND + ms(100)));
    }

    #[test]
    fn r04_clients_with_the_same_hint_are_spread_by_the_first_delay() {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Smooth] {
            let waits: Vec<_> = (0..1_000)
                .map(|seed| {
                    let settings = exact().base_delay(SECOND).jitter(jitter).seed(seed);
                    let policy = build(&settings);
                    RetryDriver::start(&policy)
                        .after(
                            AttemptEnd::Failed(Classification::throttled().after(20 * SECOND)),
                            None,
                        )
                        .expect("20 s are below max_retry_after")
                })
                .collect();

            let (shortest, longest) = (waits.iter().min(), waits.iter().max());

            assert!(shortest >= Some(&(20 * SECOND)), "{jitter:?}");
            assert!(longest <= Some(&(20 * SECOND + ms(1_400))), "{jitter:?}");
            let width = longest.unwrap().abs_diff(*shortest.unwrap());
            assert!(width >= ms(480), "{jitter:?} spreads by {width:?} only");
        }
    }

    #[test]
    fn r04_a_hint_of_max_retry_after_is_slept_and_a_longer_one_ends_the_call() {
        let policy = build(&exact().base_delay(ms(100)));
        let hinted = |hint| {
            RetryDriver::start(&policy)
                .after(AttemptEnd::Failed(Classification::throttled().after(hint)), None)
        };

        assert_eq!(hinted(60 * SECOND), Ok(60 * SECOND + ms(100)));
        assert_eq!(hinted(60 * SECOND + Duration::from_nanos(1)), Err(StopReason::Hint));
        assert_eq!(hinted(Duration::MAX), Err(StopReason::Hint));
    }

    #[test]
    fn r04_a_hint_does_not_change_the_delays_that_come_after_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = RetryDriver::start(&policy);

        let _ =
            retry.after(AttemptEnd::Failed(Classification::transient().after(50 * SECOND)), None);

        assert_eq!(fail(&mut retry), Ok(ms(200)));
    }

    #[test]
    fn r09_an_open_circuit_ends_the_call_by_default() {
        let policy = build(&exact());
        let open = open_for(Some(SECOND));

        let after_failure = RetryDriver::start(&policy)
            .after(AttemptEnd::Failed(Classification::transient()), Some(&open));
        let after_rejection = RetryDriver::start(&policy).after(AttemptEnd::Rejected(&open), None);

        assert_eq!(after_failure, Err(StopReason::CircuitOpen));
        assert_eq!(after_rejection, Err(StopReason::CircuitOpen));
    }

    #[test]
    fn r09_a_wait_for_the_circuit_is_the_longer_of_delay_and_retry_after_plus_the_first_delay() {
        let policy = build(&exact().base_delay(ms(100)).when_open(WhenOpen::Wait));
        let mut retry = RetryDriver::start(&policy);
        let mut rejected =
            |wait| retry.after(AttemptEnd::Rejected(&open_for(Some(ms(wait)))), None);

        assert_eq!(rejected(5_000), Ok(ms(5_100)));
        assert_eq!(rejected(150), Ok(ms(250)), "no attempt has failed: the first delay is 100 ms");
        assert_eq!(rejected(0), Ok(ms(200)));

        let mut failed = |wait| {
            let class = Classification::transient();
            retry.after(AttemptEnd::Failed(class), Some(&open_for(Some(ms(wait)))))
        };
        assert_eq!(failed(150), Ok(ms(250)), "the delay before the first retry");
        assert_eq!(failed(150), Ok(ms(300)), "the delay before the second retry is 200 ms");
        let open = open_for(Some(ms(150)));
        let rejected = retry.after(AttemptEnd::Rejected(&open), None);
        assert_eq!(rejected, Ok(ms(300)), "the second retry has not begun");
    }

    #[test]
    fn r09_a_wait_for_the_circuit_uses_no_retry_and_a_call_waits_at_most_max_retries_times() {
        let policy = build(&exact().max_retries(2).when_open(WhenOpen::Wait));
        let mut retry = RetryDriver::start(&policy);
        let open = open_for(Some(SECOND));
        let mut rejected = || retry.after(AttemptEnd::Rejected(&open), None);

        assert!(rejected().is_ok() && rejected().is_ok());
        assert_eq!(rejected(), Err(StopReason::CircuitOpen));

        assert_eq!((retry.attempt_number(), retry.failed_attempts(), retry.waits()), (1, 0, 2));
        assert!(fail(&mut retry).is_ok() && fail(&mut retry).is_ok(), "two retries are left");
        assert_eq!(fail(&mut retry), Err(StopReason::Exhausted));
    }

    #[test]
    fn r09_a_call_does_not_wait_for_a_circuit_whose_end_is_unknown() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let open = open_for(None);

        let after_failure = RetryDriver::start(&policy)
            .after(AttemptEnd::Failed(Classification::transient()), Some(&open));
        let after_rejection = RetryDriver::start(&policy).after(AttemptEnd::Rejected(&open), None);

        assert_eq!(after_failure, Err(StopReason::CircuitOpen));
        assert_eq!(after_rejection, Err(StopReason::CircuitOpen));
    }

    #[test]
    fn r09_an_error_that_is_not_retryable_ends_a_call_that_would_wait() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let open = open_for(Some(SECOND));

        let next = RetryDriver::start(&policy)
            .after(AttemptEnd::Failed(Classification::permanent()), Some(&open));

        assert_eq!(next, Err(StopReason::NotRetryable));
    }

    #[test]
    fn r04_a_hint_is_a_floor_under_a_wait_for_the_circuit_too() {
        let policy = build(&exact().base_delay(ms(100)).when_open(WhenOpen::Wait));
        let class = Classification::throttled().after(50 * SECOND);

        let next = RetryDriver::start(&policy)
            .after(AttemptEnd::Failed(class), Some(&open_for(Some(SECOND))));

        let delay = next.expect("the wait fits into the limits");
        assert!(delay >= 50 * SECOND, "asked to stay away for 50 s, back after {delay:?}");
    }

    #[test]
    fn r04_a_hint_beyond_max_retry_after_ends_a_call_that_would_wait_for_the_circuit_too() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let class = Classification::throttled().after(61 * SECOND);

        let next = RetryDriver::start(&policy)
            .after(AttemptEnd::Failed(class), Some(&open_for(Some(SECOND))));

        assert_eq!(next, Err(StopReason::Hint));
    }

    #[test]
    fn r10_a_call_that_has_not_failed_has_read_no_clock_unless_a_limit_needs_its_start() {
        let without = RetryPolicy::DEFAULT;
        let with = build(&RetryPolicy::builder().max_elapsed(SECOND));

        assert_eq!(RetryDriver::start(&without).started_at(), None);
        assert!(RetryDriver::start(&with).started_at().is_some());
        let timed = CallOptions::new().timed();
        assert!(RetryDriver::new((&without).into(), Some(&timed), false).started_at().is_some());
    }

    #[test]
    fn r12_the_driver_has_the_number_of_the_attempt_and_the_delay_before_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = RetryDriver::start(&policy);
        assert_eq!((retry.attempt_number(), retry.last_delay()), (1, ms(0)));

        for (number, delay) in [(2, 100), (3, 200), (4, 400)] {
            let granted = fail(&mut retry);

            assert_eq!(granted, Ok(ms(delay)));
            assert_eq!(retry.attempt_number(), number);
            assert_eq!(retry.last_delay(), ms(delay));
        }
    }

    #[test]
    fn r03_a_delay_without_a_runtime_ends_an_async_call() {
        let policy = build(&exact());
        let at_once = build(&exact().base_delay(Duration::ZERO));

        assert_eq!(fail(&mut RetryDriver::start_async(&policy)), Err(StopReason::NoTimer));
        assert_eq!(fail(&mut RetryDriver::start_async(&at_once)), Ok(ms(0)));
        assert_eq!(fail(&mut RetryDriver::start(&policy)), Ok(ms(100)));
    }
}

/// Tests decisions that depend on elapsed time. The test moves the clock.
#[cfg(feature = "tokio")]
mod on_paused_time {
    use super::*;
    use tokio::time::advance;

    fn limited(limit: Duration) -> RetryPolicy {
        build(&exact().base_delay(ms(100)).max_elapsed(limit))
    }

    #[tokio::test(start_paused = true)]
    async fn r05_a_delay_that_would_reach_the_limit_is_not_begun() {
        let policy = limited(SECOND);

        let mut in_time = RetryDriver::start(&policy);
        advance(ms(899)).await;
        assert_eq!(fail(&mut in_time), Ok(ms(100)));

        let mut too_late = RetryDriver::start(&policy);
        advance(ms(900)).await;
        assert_eq!(fail(&mut too_late), Err(StopReason::Elapsed));
    }

    #[tokio::test(start_paused = true)]
    async fn r05_a_call_past_its_limit_ends_even_without_a_delay() {
        let policy = build(&exact().base_delay(Duration::ZERO).max_elapsed(SECOND));
        let mut retry = RetryDriver::start(&policy);

        advance(ms(999)).await;
        assert_eq!(fail(&mut retry), Ok(Duration::ZERO));
        advance(ms(1)).await;
        assert_eq!(fail(&mut retry), Err(StopReason::Elapsed));
    }

    #[tokio::test(start_paused = true)]
    async fn r05_the_limit_counts_from_the_calls_own_start() {
        let policy = limited(SECOND);
        advance(10 * SECOND).await;

        let mut retry = RetryDriver::start(&policy);

        assert_eq!(fail(&mut retry), Ok(ms(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn r04_a_hint_that_is_not_below_the_time_left_ends_the_call() {
        let policy = limited(10 * SECOND);
        let hinted = |hint| {
            RetryDriver::start(&policy)
                .after(AttemptEnd::Failed(Classification::throttled().after(ms(hint))), None)
        };

        assert_eq!(hinted(9_899), Ok(ms(9_999)));
        assert_eq!(hinted(10_000), Err(StopReason::Hint));
        assert_eq!(
            hinted(9_900),
            Err(StopReason::Elapsed),
            "the hint plus the first delay reaches the limit"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn r04_a_hint_must_fit_into_the_time_that_the_attempts_left() {
        let policy = limited(10 * SECOND);
        let mut retry = RetryDriver::start(&policy);
        advance(6 * SECOND).await;

        let next =
            retry.after(AttemptEnd::Failed(Classification::throttled().after(4 * SECOND)), None);

        assert_eq!(next, Err(StopReason::Hint));
    }

    #[tokio::test(start_paused = true)]
    async fn r09_a_wait_for_the_circuit_that_does_not_fit_into_the_time_left_is_not_begun() {
        let settings = exact().base_delay(ms(100)).max_elapsed(10 * SECOND);
        let policy = build(&settings.when_open(WhenOpen::Wait));
        let rejected = |wait| {
            RetryDriver::start(&policy).after(AttemptEnd::Rejected(&open_for(Some(ms(wait)))), None)
        };

        assert_eq!(rejected(9_899), Ok(ms(9_999)));
        assert_eq!(rejected(9_900), Err(StopReason::CircuitOpen));
    }

    #[tokio::test(start_paused = true)]
    async fn r03_a_delay_in_a_runtime_is_slept() {
        let policy = build(&exact());

        let next = fail(&mut RetryDriver::start_async(&policy));

        assert_eq!(next, Ok(ms(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn row_r06_the_limit_ends_a_call_whose_second_attempt_was_slow() {
        let policy = build(&exact().base_delay(Duration::ZERO).max_elapsed(ms(100)));
        let mut retry = RetryDriver::start(&policy);

        let first = fail(&mut retry);
        advance(ms(120)).await;
        let second = fail(&mut retry);

        assert_eq!(first, Ok(Duration::ZERO));
        assert_eq!(second, Err(StopReason::Elapsed));
        assert_eq!(retry.attempt_number(), 2);
    }
}
