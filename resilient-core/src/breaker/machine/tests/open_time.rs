//! Rules B7 to B9: how long the circuit stays open.

use super::*;

#[test]
fn b07_a_nanosecond_before_the_end_rejects_and_the_end_itself_admits() {
    let (mut machine, end) = due(&fragile());
    let before = end.checked_sub(Duration::from_nanos(1)).unwrap();
    let rejection =
        Rejection { state: CircuitState::Open, retry_after: Some(Duration::from_nanos(1)) };
    assert_eq!(machine.admit(before), Err(rejection));
    assert!(machine.admit(end).is_ok());
}

#[test]
fn b07_a_recovery_time_of_zero_makes_the_next_call_the_probe() {
    let now = Instant::now();
    let mut machine = machine(&fragile().recovery_time(Duration::ZERO));
    call(&mut machine, FAILURE, now);
    assert_eq!(machine.entered(), CircuitState::Open);
    assert_eq!(machine.retry_after(now), Some(Duration::ZERO));
    assert_eq!(call(&mut machine, SUCCESS, now), Counted::Success { slow: false });
    assert_eq!(machine.entered(), CircuitState::Closed);
}

#[test]
fn b07_the_longest_recovery_time_lasts_until_an_operator_closes() {
    let start = Instant::now();
    let mut machine = machine(&fragile().recovery_time(Duration::MAX));
    call(&mut machine, FAILURE, start);
    let much_later = start + secs(1_000_000_000);
    let rejection = Rejection { state: CircuitState::Open, retry_after: None };
    assert_eq!(machine.admit(much_later), Err(rejection));
    machine.close(OperatorNote::EMPTY, much_later);
    assert!(machine.admit(much_later).is_ok());
}

#[test]
fn b07_an_end_beyond_the_last_instant_is_never_reached() {
    let start = Instant::now();
    let nearly_longest = Duration::new(u64::MAX, 999_999_998);
    let mut machine = machine(&fragile().recovery_time(nearly_longest));
    call(&mut machine, FAILURE, start);
    assert_eq!(machine.retry_after(start), None);
    assert_eq!(machine.state(start + secs(1_000_000_000)), CircuitState::Open);
}

#[test]
fn b07_the_end_is_set_once_whatever_calls_are_rejected_meanwhile() {
    let (mut machine, until) = due(&fragile().recovery_jitter(1.0));
    let set = end(&machine);
    let now = until.checked_sub(secs(5)).unwrap();
    for _ in 0..100 {
        assert!(machine.admit(now).is_err());
    }
    assert_eq!(end(&machine), set);
}

#[test]
fn b16_a_clock_that_goes_back_counts_as_no_time_passed() {
    let (mut machine, end) = due(&fragile());
    let before_opening = end.checked_sub(secs(100)).unwrap();
    assert_eq!(machine.state(before_opening), CircuitState::Open);
    assert_eq!(machine.retry_after(before_opening), Some(secs(10)));
    let rejection = machine.admit(before_opening).unwrap_err();
    assert_eq!(rejection.retry_after, Some(secs(10)));
    assert!(machine.admit(end).is_ok());
}

#[test]
fn b16_a_clock_that_goes_back_does_not_end_a_recovery_time_of_zero_early_or_late() {
    let start = Instant::now() + secs(100);
    let mut machine = machine(&fragile().recovery_time(Duration::ZERO));
    call(&mut machine, FAILURE, start);
    let before = start.checked_sub(secs(50)).unwrap();
    assert_eq!(machine.retry_after(before), Some(Duration::ZERO));
    assert!(machine.admit(before).is_ok());
}

#[test]
fn b16_tripping_for_a_time_with_a_clock_that_went_back_counts_from_its_new_time() {
    let (mut machine, until) = due(&fragile());
    let before = until.checked_sub(secs(60)).unwrap();
    machine.change_by_hand(ManualChange::trip_for(secs(3)), before).unwrap();
    assert_eq!(end(&machine), Some(before + secs(3)));
}

#[test]
fn b08_the_open_time_grows_by_the_factor_up_to_the_maximum() {
    let config = fragile().recovery_factor(2.0).max_recovery_time(secs(65));
    let times = open_times(&mut machine(&config), Instant::now(), 6);
    assert_eq!(times, [10, 20, 40, 65, 65, 65].map(secs));
}

#[test]
fn b08_a_factor_of_one_never_grows() {
    let times = open_times(&mut machine(&fragile()), Instant::now(), 20);
    assert_eq!(times, [secs(10); 20]);
}

#[test]
fn b08_closing_ends_the_growth_by_probes_and_by_hand() {
    let config = fragile().recovery_factor(2.0);
    let by_probe: fn(&mut Machine, Instant) = |machine, now| {
        call(machine, SUCCESS, now);
    };
    for close in [by_probe, |machine, now| machine.close(OperatorNote::EMPTY, now)] {
        let start = Instant::now();
        let mut machine = machine(&config);
        assert_eq!(open_times(&mut machine, start, 2), [10, 20].map(secs));
        let now = start + secs(30);
        close(&mut machine, now);
        assert_eq!(machine.entered(), CircuitState::Closed);
        assert_eq!(open_times(&mut machine, now, 2), [10, 20].map(secs));
    }
}

#[test]
fn b08_growth_is_computed_from_the_number_of_reopenings_and_not_from_a_rounded_time() {
    let config = fragile()
        .recovery_time(Duration::from_nanos(3))
        .recovery_factor(1.1)
        .max_recovery_time(secs(1));
    let times = open_times(&mut machine(&config), Instant::now(), 26);
    // If each time were computed from the previous time, which is rounded, 3 ns would stay 3 ns:
    // 1.1 times 3 rounds to 3.
    assert_eq!(times[25], Duration::from_nanos(33));
}

#[test]
fn b08_factors_that_overflow_saturate_at_the_maximum() {
    for factor in [1e18, 1e300, f64::MAX] {
        let config = fragile().recovery_factor(factor);
        let times = open_times(&mut machine(&config), Instant::now(), 50);
        assert_eq!(times[0], secs(10));
        assert_eq!(times[1..], [secs(600); 49]);
    }
}

#[test]
fn b08_a_factor_that_overflows_leaves_a_recovery_time_of_zero_at_zero() {
    let config = fragile().recovery_time(Duration::ZERO).recovery_factor(f64::MAX);
    let times = open_times(&mut machine(&config), Instant::now(), 50);
    assert_eq!(times, [Duration::ZERO; 50]);
}

#[test]
fn b08_ten_thousand_reopenings_saturate() {
    let config = fragile().recovery_factor(1.000_1);
    let times = open_times(&mut machine(&config), Instant::now(), 45_000);
    assert!(times.is_sorted());
    assert_eq!(times.last(), Some(&secs(600)));
}

#[test]
fn b08_an_open_time_without_end_stays_so_with_growth_and_jitter() {
    let start = Instant::now();
    let config = fragile().recovery_time(Duration::MAX).recovery_factor(2.0).recovery_jitter(1.0);
    let mut machine = machine(&config);
    call(&mut machine, FAILURE, start);
    assert_eq!(machine.retry_after(start), None);
    machine.change_by_hand(ManualChange::half_open(), start).unwrap();
    call(&mut machine, FAILURE, start);
    assert_eq!(machine.entered(), CircuitState::Open);
    assert_eq!(machine.retry_after(start), None);
}

#[test]
fn b08_jitter_only_prolongs_and_fills_its_range() {
    let now = Instant::now();
    let config = fragile().recovery_jitter(0.5);
    let times: Vec<_> =
        (0..2_000).map(|seed| open_times(&mut seeded(&config, seed), now, 1)[0]).collect();
    let (shortest, longest) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
    assert!(shortest >= secs(10) && longest <= secs(15));
    // The chance that 2 000 uniform draws miss a tenth of the range is 0.9^2000, or 10^-91.
    assert!(shortest < Duration::from_millis(10_500), "{shortest:?}");
    assert!(longest > Duration::from_millis(14_500), "{longest:?}");
    let mean = times.iter().sum::<Duration>() / 2_000;
    assert!(mean > secs(12) && mean < secs(13), "{mean:?}");
}

#[test]
fn b08_jitter_is_drawn_again_at_each_opening_and_may_exceed_the_maximum() {
    let config = fragile().recovery_factor(100.0).max_recovery_time(secs(100)).recovery_jitter(1.0);
    let mut times = open_times(&mut machine(&config), Instant::now(), 50);
    let grown = times.split_off(1);
    assert!(grown.iter().all(|time| (secs(100)..=secs(200)).contains(time)));
    assert!(grown.iter().any(|time| *time > secs(150)));
    assert!(grown.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn b08_without_jitter_the_time_is_exact_for_every_seed() {
    for seed in 0..100 {
        let times = open_times(&mut seeded(&fragile(), seed), Instant::now(), 3);
        assert_eq!(times, [secs(10); 3]);
    }
}

#[test]
fn b08_the_default_maximum_is_ten_minutes_or_a_longer_recovery_time() {
    for (recovery, grown) in [(secs(400), secs(600)), (secs(3_600), secs(3_600))] {
        let config = fragile().recovery_time(recovery).recovery_factor(2.0);
        let times = open_times(&mut machine(&config), Instant::now(), 2);
        assert_eq!(times, [recovery, grown]);
    }
}

fn open_time(config: &BreakerConfigBuilder, hint: Duration) -> Option<Duration> {
    let now = Instant::now();
    let mut machine = machine(config);
    fail_with_hint(&mut machine, hint, now);
    machine.retry_after(now)
}

#[test]
fn b09_a_hint_prolongs_never_shortens_and_is_bounded() {
    let config = fragile().max_recovery_time(secs(60));
    for (hint, expected) in [
        (Duration::ZERO, 10),
        (secs(9), 10),
        (secs(11), 11),
        (secs(60), 60),
        (secs(61), 60),
        (Duration::MAX, 60),
    ] {
        assert_eq!(open_time(&config, hint), Some(secs(expected)), "{hint:?}");
    }
}

#[test]
fn b09_the_longest_hint_without_a_maximum_has_no_end() {
    let config = fragile().max_recovery_time(Duration::MAX);
    assert_eq!(open_time(&config, Duration::MAX), None);
}

#[test]
fn b09_jitter_is_applied_after_the_hint() {
    let now = Instant::now();
    let config = fragile().recovery_jitter(0.5);
    for seed in 0..200 {
        let mut machine = seeded(&config, seed);
        fail_with_hint(&mut machine, secs(100), now);
        let time = machine.retry_after(now).unwrap();
        assert!((secs(100)..=secs(150)).contains(&time), "{time:?}");
    }
}

#[test]
fn b09_a_hint_of_a_reopening_is_compared_with_the_grown_base() {
    for (hint, expected) in [(secs(15), 20), (secs(25), 25)] {
        let (mut machine, now) = due(&fragile().recovery_factor(2.0));
        fail_with_hint(&mut machine, hint, now);
        assert_eq!(machine.retry_after(now), Some(secs(expected)));
    }
}

#[test]
fn b09_a_hint_is_not_remembered_for_the_next_opening() {
    let now = Instant::now();
    let mut machine = machine(&fragile());
    fail_with_hint(&mut machine, secs(100), now);
    assert_eq!(machine.retry_after(now), Some(secs(100)));
    let times = open_times(&mut machine, now + secs(100), 1);
    assert_eq!(times, [secs(10)]);
}

#[test]
fn b09_the_hint_of_an_outcome_that_does_not_open_is_not_used() {
    let now = Instant::now();
    let mut machine = machine(&fragile().failure_threshold(2));
    fail_with_hint(&mut machine, secs(100), now);
    call(&mut machine, FAILURE, now);
    assert_eq!(machine.retry_after(now), Some(secs(10)));
}
