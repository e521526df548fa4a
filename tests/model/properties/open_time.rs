//! B8, B9: for all settings and any number of re-openings, the open time stays within its bounds.

use std::time::Duration;

use proptest::prelude::*;
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

use crate::cases::for_all;

/// Generates durations of every magnitude, from zero to `Duration::MAX`.
fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        4 => (0..=63_u32, any::<u64>())
            .prop_map(|(less, nanos)| Duration::from_nanos(nanos >> less)),
        2 => (0..=63_u32, any::<u64>(), 0..1_000_000_000_u32)
            .prop_map(|(less, secs, nanos)| Duration::new(secs >> less, nanos)),
    ]
}

fn any_factor() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(1.0),
        4 => 1.0..4.0_f64,
        1 => 1.0..f64::MAX,
        1 => Just(f64::MAX),
    ]
}

fn opened(settings: &BreakerConfig) -> (CircuitBreaker, ManualClock) {
    let clock = ManualClock::new();
    let breaker = CircuitBreaker::with_clock("dependency", settings.clone(), clock.clone());
    (breaker, clock)
}

/// About 584 years. The history of a breaker shows a longer open time as this time.
const LONGEST_ON_RECORD: Duration = Duration::from_nanos(u64::MAX - 1);

/// Makes a call that fails and opens the circuit. Returns the open time, or `None` if the open time
/// has no end.
fn open(breaker: &CircuitBreaker, hint: Option<Duration>) -> Option<Duration> {
    let permit = breaker.try_acquire().expect("closed or half-open");
    match hint {
        Some(hint) => permit.report_after(Outcome::Failure, hint),
        None => permit.report(Outcome::Failure),
    }
    let snapshot = breaker.snapshot();
    let on_record = snapshot.recent.last().expect("it opened").lasts;
    let open_for = snapshot.retry_after;
    assert_eq!(on_record, open_for.map(|time| time.min(LONGEST_ON_RECORD)));
    open_for
}

#[test]
fn b08_open_time_is_from_the_base_to_the_base_with_all_its_jitter() {
    let jitter = prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0_f64];
    let cases = (
        (any_duration(), any_factor(), jitter),
        prop::option::of(any_duration()),
        prop::option::of(any_duration()),
        0..10_i32,
    );
    for_all(10_000, cases, |(recovery, above, hint, reopenings)| {
        let (recovery_time, factor, jitter) = recovery;
        let max =
            above.map_or(Duration::from_secs(600), |above| recovery_time.saturating_add(above));
        let max = max.max(recovery_time);
        let config = BreakerConfig::builder()
            .failure_threshold(1)
            .recovery_time(recovery_time)
            .recovery_factor(factor)
            .max_recovery_time(max)
            .recovery_jitter(jitter);
        let (breaker, _clock) = opened(&config.build().unwrap());
        for n in 0..=reopenings {
            let open_for = open(&breaker, hint);
            breaker.half_open().unwrap();

            let grown = recovery_time.as_secs_f64() * factor.powi(n);
            let base = if recovery_time.is_zero() { 0.0 } else { grown.min(max.as_secs_f64()) };
            let least = base.max(hint.map_or(0.0, |hint| hint.min(max).as_secs_f64()));
            let most = least * (1.0 + jitter);
            let Some(open_for) = open_for else {
                // The open time ends later than an instant can represent.
                prop_assert!(most > 4e18, "until reset, but {} s at most", most);
                continue;
            };
            // Allows for the rounding of nanoseconds and of the growth.
            let rounding = 2e-9 + least * 1e-12;
            let seconds = open_for.as_secs_f64();
            prop_assert!(
                least - rounding <= seconds && seconds <= most + rounding,
                "{} s is not from {} to {} s",
                seconds,
                least,
                most
            );
            if n == 0 {
                let exactly = recovery_time.max(hint.unwrap_or_default().min(max));
                prop_assert!(open_for >= exactly, "jitter only prolongs");
            }
        }
        Ok(())
    });
}

#[test]
fn b08_growth_ends_at_the_longest_recovery_time_however_often_the_circuit_reopens() {
    let cases = (any_duration(), 1.01..1e9_f64, any_duration(), 1..60_u32);
    for_all(10_000, cases, |(recovery_time, factor, above, reopenings)| {
        let max = recovery_time.saturating_add(above);
        let config = BreakerConfig::builder()
            .failure_threshold(1)
            .recovery_time(recovery_time)
            .recovery_factor(factor)
            .max_recovery_time(max);
        let (breaker, _clock) = opened(&config.build().unwrap());
        let mut before = Duration::ZERO;
        for _ in 0..=reopenings {
            let open_for = open(&breaker, None).unwrap_or(Duration::MAX);
            prop_assert!(open_for >= before, "{:?} after {:?}", open_for, before);
            prop_assert!(open_for <= max || open_for == Duration::MAX);
            before = open_for;
            breaker.half_open().unwrap();
        }
        Ok(())
    });
}

#[test]
fn b08_a_hundred_thousand_reopenings_stay_within_the_longest_recovery_time() {
    let config = BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(Duration::from_nanos(1))
        .recovery_factor(1.001)
        .max_recovery_time(Duration::from_secs(60));
    let (breaker, _clock) = opened(&config.build().unwrap());
    let last = (0..100_000).fold(None, |_, _| {
        let open_for = open(&breaker, None);
        breaker.half_open().unwrap();
        open_for
    });
    assert_eq!(last, Some(Duration::from_secs(60)));
}
