//! The state machine on time that is handed to it: corners by rule, then random walks beside a plain model.

use std::time::{Duration, Instant};

use super::config::{Abandoned, BreakerConfig, BreakerConfigBuilder};
use super::machine::{Counted, Ending, HISTORY, Machine, Rejection, Ticket};
use super::state::{Reason, State};
use crate::outcome::Outcome;

const SUCCESS: Ending = Ending::Reported(Outcome::Success);
const FAILURE: Ending = Ending::Reported(Outcome::Failure);
const IGNORED: Ending = Ending::Reported(Outcome::Ignored);

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn machine(config: &BreakerConfigBuilder) -> Machine {
    seeded(config, 7)
}

fn seeded(config: &BreakerConfigBuilder, seed: u64) -> Machine {
    Machine::new(config.build().unwrap(), fastrand::Rng::with_seed(seed))
}

/// Opens at the first failure; 10 s of recovery.
fn fragile() -> BreakerConfigBuilder {
    BreakerConfig::builder()
        .failure_threshold(1)
        .recovery_time(secs(10))
}

/// `fragile`, with room for `calls` probes at a time.
fn probing(calls: u32, successes: u32, failures: u32) -> BreakerConfigBuilder {
    fragile()
        .half_open_max_calls(calls)
        .half_open_successes(successes)
        .half_open_failures(failures)
}

fn call(machine: &mut Machine, ending: Ending, now: Instant) -> Counted {
    let ticket = machine.admit(now).unwrap();
    machine.report(ticket, ending, None, now)
}

fn fail_with_hint(machine: &mut Machine, hint: Duration, now: Instant) {
    let ticket = machine.admit(now).unwrap();
    machine.report(ticket, FAILURE, Some(hint), now);
}

/// A machine that the first probe at the returned instant would find half-open.
fn due(config: &BreakerConfigBuilder) -> (Machine, Instant) {
    let start = Instant::now();
    let mut machine = machine(config);
    call(&mut machine, FAILURE, start);
    (machine, start + secs(10))
}

/// Admits calls until one is rejected. A machine that never rejects is found out without using up all memory.
fn admissions(machine: &mut Machine, now: Instant) -> impl Iterator<Item = Ticket> + '_ {
    std::iter::from_fn(move || machine.admit(now).ok()).take(5_000)
}

/// Fails one probe after another, each at the end of the open time, and returns the open times.
fn open_times(machine: &mut Machine, mut now: Instant, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..count {
        call(machine, FAILURE, now);
        assert_eq!(machine.entered(), State::Open);
        let time = machine.retry_after(now).unwrap();
        times.push(time);
        now += time;
    }
    times
}

mod b03_generations {
    use super::*;

    #[test]
    fn b03_every_change_of_state_starts_a_new_generation() {
        let (mut machine, now) = due(&fragile());
        let mut seen = vec![0, machine.generation()];
        let mut note = |machine: &Machine| seen.push(machine.generation());
        let probe = machine.admit(now).unwrap();
        note(&machine);
        machine.report(probe, SUCCESS, None, now);
        note(&machine);
        machine.force_open(now);
        note(&machine);
        machine.disable(now);
        note(&machine);
        machine.observe_only(now);
        note(&machine);
        machine.close(now);
        note(&machine);
        seen.dedup();
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn b03_what_changes_no_state_keeps_the_generation() {
        let now = Instant::now();
        let mut machine = machine(&BreakerConfig::builder().failure_threshold(9));
        let generation = machine.generation();
        for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
            call(&mut machine, ending, now);
        }
        assert!(machine.half_open(now).is_err());
        assert_eq!(machine.generation(), generation);
    }

    #[test]
    fn b03_a_permit_of_each_older_generation_is_late_however_it_ends() {
        for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
            let (mut machine, now) = due(&fragile());
            let probe = machine.admit(now).unwrap();
            machine.close(now);
            let closed = machine.admit(now).unwrap();
            machine.trip(now).unwrap();
            let end = machine.end();
            for ticket in [probe, closed] {
                let counted = machine.report(ticket, ending, Some(secs(99)), now);
                assert_eq!(counted, Counted::Late);
            }
            assert_eq!((machine.entered(), machine.end()), (State::Open, end));
        }
    }

    #[test]
    fn b03_a_late_probe_counts_in_neither_sum_of_the_next_round() {
        let (mut machine, now) = due(&probing(2, 2, 0));
        let late = machine.admit(now).unwrap();
        call(&mut machine, FAILURE, now);
        let next = now + secs(10);
        call(&mut machine, SUCCESS, next);
        assert_eq!(machine.report(late, SUCCESS, None, next), Counted::Late);
        assert_eq!(machine.entered(), State::HalfOpen);
        call(&mut machine, SUCCESS, next);
        assert_eq!(machine.entered(), State::Closed);
    }
}

mod b07_open {
    use super::*;

    #[test]
    fn b07_a_nanosecond_before_the_end_rejects_and_the_end_itself_admits() {
        let (mut machine, end) = due(&fragile());
        let before = end.checked_sub(Duration::from_nanos(1)).unwrap();
        let rejection = Rejection {
            state: State::Open,
            retry_after: Some(Duration::from_nanos(1)),
        };
        assert_eq!(machine.admit(before), Err(rejection));
        assert!(machine.admit(end).is_ok());
    }

    #[test]
    fn b07_a_recovery_time_of_zero_makes_the_next_call_the_probe() {
        let now = Instant::now();
        let mut machine = machine(&fragile().recovery_time(Duration::ZERO));
        call(&mut machine, FAILURE, now);
        assert_eq!(machine.entered(), State::Open);
        assert_eq!(machine.retry_after(now), Some(Duration::ZERO));
        assert_eq!(call(&mut machine, SUCCESS, now), Counted::Success);
        assert_eq!(machine.entered(), State::Closed);
    }

    #[test]
    fn b07_the_longest_recovery_time_lasts_until_reset() {
        let start = Instant::now();
        let mut machine = machine(&fragile().recovery_time(Duration::MAX));
        call(&mut machine, FAILURE, start);
        let much_later = start + secs(1_000_000_000);
        let rejection = Rejection {
            state: State::Open,
            retry_after: None,
        };
        assert_eq!(machine.admit(much_later), Err(rejection));
        machine.close(much_later);
        assert!(machine.admit(much_later).is_ok());
    }

    #[test]
    fn b07_an_end_that_no_instant_can_say_lasts_until_reset() {
        let start = Instant::now();
        let nearly_longest = Duration::new(u64::MAX, 999_999_998);
        let mut machine = machine(&fragile().recovery_time(nearly_longest));
        call(&mut machine, FAILURE, start);
        assert_eq!(machine.retry_after(start), None);
        assert_eq!(machine.state(start + secs(1_000_000_000)), State::Open);
    }

    #[test]
    fn b07_the_end_is_set_once_whatever_calls_are_rejected_meanwhile() {
        let (mut machine, end) = due(&fragile().recovery_jitter(1.0));
        let set = machine.end();
        let now = end.checked_sub(secs(5)).unwrap();
        for _ in 0..100 {
            assert!(machine.admit(now).is_err());
        }
        assert_eq!(machine.end(), set);
    }

    #[test]
    fn b16_a_clock_that_goes_back_counts_as_no_time_passed() {
        let (mut machine, end) = due(&fragile());
        let before_opening = end.checked_sub(secs(100)).unwrap();
        assert_eq!(machine.state(before_opening), State::Open);
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
    fn b16_tripping_for_a_time_with_a_clock_that_went_back_counts_from_the_opening() {
        let (mut machine, end) = due(&fragile());
        let opening = end.checked_sub(secs(10)).unwrap();
        let before = opening.checked_sub(secs(50)).unwrap();
        machine.trip_for(secs(3), before).unwrap();
        assert_eq!(machine.end(), Some(opening + secs(3)));
    }
}

mod b08_growth {
    use super::*;

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
        for close in [by_probe, Machine::close] {
            let start = Instant::now();
            let mut machine = machine(&config);
            assert_eq!(open_times(&mut machine, start, 2), [10, 20].map(secs));
            let now = start + secs(30);
            close(&mut machine, now);
            assert_eq!(machine.entered(), State::Closed);
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
        // 3 ns would stay 3 ns for ever if each were 1.1 times the rounded one before it.
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
        let config = fragile()
            .recovery_time(Duration::ZERO)
            .recovery_factor(f64::MAX);
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
    fn b08_until_reset_stays_until_reset_with_growth_and_jitter() {
        let start = Instant::now();
        let config = fragile()
            .recovery_time(Duration::MAX)
            .recovery_factor(2.0)
            .recovery_jitter(1.0);
        let mut machine = machine(&config);
        call(&mut machine, FAILURE, start);
        assert_eq!(machine.retry_after(start), None);
        machine.half_open(start).unwrap();
        call(&mut machine, FAILURE, start);
        assert_eq!(machine.entered(), State::Open);
        assert_eq!(machine.retry_after(start), None);
    }

    #[test]
    fn b08_jitter_prolongs_only_and_fills_its_range() {
        let now = Instant::now();
        let config = fragile().recovery_jitter(0.5);
        let times: Vec<_> = (0..2_000)
            .map(|seed| open_times(&mut seeded(&config, seed), now, 1)[0])
            .collect();
        let (shortest, longest) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
        assert!(shortest >= secs(10) && longest <= secs(15));
        // 2 000 uniform draws miss a tenth of the range with a chance of 0.9^2000 = 10^-91.
        assert!(shortest < Duration::from_millis(10_500), "{shortest:?}");
        assert!(longest > Duration::from_millis(14_500), "{longest:?}");
        let mean = times.iter().sum::<Duration>() / 2_000;
        assert!(mean > secs(12) && mean < secs(13), "{mean:?}");
    }

    #[test]
    fn b08_jitter_is_drawn_anew_at_each_opening_and_on_top_of_the_maximum() {
        let config = fragile()
            .recovery_factor(100.0)
            .max_recovery_time(secs(100))
            .recovery_jitter(1.0);
        let mut times = open_times(&mut machine(&config), Instant::now(), 50);
        let grown = times.split_off(1);
        assert!(
            grown
                .iter()
                .all(|time| (secs(100)..=secs(200)).contains(time))
        );
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
}

mod b09_hint {
    use super::*;

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
    fn b09_an_unbounded_maximum_lets_the_longest_hint_mean_until_reset() {
        let config = fragile().max_recovery_time(Duration::MAX);
        assert_eq!(open_time(&config, Duration::MAX), None);
    }

    #[test]
    fn b09_jitter_is_applied_to_what_the_hint_made_of_it() {
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
}

mod b10_half_open {
    use super::*;

    #[test]
    fn b10_the_state_changes_at_the_first_admission_and_not_before() {
        let (mut machine, now) = due(&fragile());
        assert_eq!(
            (machine.state(now), machine.entered()),
            (State::HalfOpen, State::Open)
        );
        machine.admit(now).unwrap();
        assert_eq!(machine.entered(), State::HalfOpen);
    }

    #[test]
    fn b10_admission_follows_the_two_bounds_for_every_small_setting() {
        for successes in 1..=4 {
            for failures in 0..=3 {
                for calls in 1..=successes + failures {
                    let (mut machine, now) = due(&probing(calls, successes, failures));
                    // Undecided rounds only: one short of closing, no failure beyond those tolerated.
                    let (mut succeeded, mut failed) = (0, 0);
                    loop {
                        let room = calls.min(successes + failures - succeeded - failed);
                        let tickets: Vec<_> = admissions(&mut machine, now).collect();
                        let setting = (calls, successes, failures, succeeded, failed);
                        assert_eq!(tickets.len(), room as usize, "{setting:?}");
                        for ticket in &tickets[1..] {
                            machine.report(*ticket, IGNORED, None, now);
                        }
                        if failed < failures {
                            machine.report(tickets[0], FAILURE, None, now);
                            failed += 1;
                        } else if succeeded + 1 < successes {
                            machine.report(tickets[0], SUCCESS, None, now);
                            succeeded += 1;
                        } else {
                            machine.report(tickets[0], SUCCESS, None, now);
                            break;
                        }
                        assert_eq!(machine.entered(), State::HalfOpen);
                    }
                    assert_eq!(machine.entered(), State::Closed);
                }
            }
        }
    }

    #[test]
    fn b10_ignored_and_abandoned_probes_free_their_slots_and_count_in_neither_sum() {
        let (mut machine, now) = due(&probing(1, 1, 0));
        for _ in 0..1_000 {
            assert_eq!(call(&mut machine, IGNORED, now), Counted::Ignored);
            assert_eq!(
                call(&mut machine, Ending::Abandoned, now),
                Counted::Abandoned
            );
        }
        assert_eq!(machine.entered(), State::HalfOpen);
        assert_eq!(machine.probes_in_flight(), 0);
        call(&mut machine, SUCCESS, now);
        assert_eq!(machine.entered(), State::Closed);
    }

    #[test]
    fn b10_an_abandoned_probe_reopens_where_abandoned_is_a_failure() {
        let (mut machine, now) = due(&fragile().abandoned(Abandoned::Failure));
        let counted = call(&mut machine, Ending::Abandoned, now);
        assert_eq!(
            (counted, machine.entered()),
            (Counted::Failure, State::Open)
        );
    }

    #[test]
    fn b10_the_circuit_reopens_at_the_first_failure_beyond_those_tolerated() {
        let (mut machine, now) = due(&probing(1, 5, 2));
        for _ in 0..2 {
            call(&mut machine, FAILURE, now);
            assert_eq!(machine.entered(), State::HalfOpen);
        }
        call(&mut machine, FAILURE, now);
        assert_eq!(machine.entered(), State::Open);
        let last = machine.history().last().unwrap();
        assert_eq!(last.reason, Reason::ProbeFailed);
    }

    #[test]
    fn b10_the_failure_threshold_of_the_closed_state_means_nothing_to_probes() {
        let (mut machine, now) = {
            let start = Instant::now();
            let mut machine = machine(&fragile().failure_threshold(100));
            machine.trip(start).unwrap();
            (machine, start + secs(10))
        };
        call(&mut machine, FAILURE, now);
        assert_eq!(machine.entered(), State::Open);
    }

    #[test]
    fn b10_the_largest_sums_do_not_overflow() {
        let (mut machine, now) = due(&probing(1_024, u32::MAX, u32::MAX));
        let admitted = admissions(&mut machine, now).count();
        assert_eq!(admitted, 1_024);
        assert_eq!(machine.probes_in_flight(), 1_024);
    }

    #[test]
    fn b10_each_round_starts_with_empty_sums() {
        let (mut machine, now) = due(&probing(3, 3, 0));
        call(&mut machine, SUCCESS, now);
        call(&mut machine, SUCCESS, now);
        call(&mut machine, FAILURE, now);
        let next = now + secs(10);
        call(&mut machine, SUCCESS, next);
        call(&mut machine, SUCCESS, next);
        assert_eq!(machine.entered(), State::HalfOpen);
        call(&mut machine, SUCCESS, next);
        assert_eq!(machine.entered(), State::Closed);
    }
}

mod b11_lease {
    use super::*;

    #[test]
    fn b11_a_slot_can_be_taken_from_the_end_of_its_lease_on_and_not_before() {
        let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
        let hung = machine.admit(now).unwrap();
        let before = now + Duration::from_nanos(4_999_999_999);
        assert_eq!(
            machine.admit(before).unwrap_err().retry_after,
            Some(Duration::from_nanos(1))
        );
        let heir = machine.admit(now + secs(5)).unwrap();
        assert_ne!(hung, heir);
        assert_eq!(machine.probes_in_flight(), 1);
    }

    #[test]
    fn b11_a_probe_past_its_lease_still_counts_while_nobody_took_its_slot() {
        for (ending, state) in [(SUCCESS, State::Closed), (FAILURE, State::Open)] {
            let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
            let slow = machine.admit(now).unwrap();
            machine.report(slow, ending, None, now + secs(500));
            assert_eq!(machine.entered(), state);
        }
    }

    #[test]
    fn b11_a_probe_whose_slot_was_taken_is_late_and_takes_nothing_from_its_heir() {
        for ending in [SUCCESS, FAILURE, IGNORED, Ending::Abandoned] {
            let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
            let hung = machine.admit(now).unwrap();
            let heir = machine.admit(now + secs(5)).unwrap();
            let counted = machine.report(hung, ending, None, now + secs(6));
            assert_eq!(counted, Counted::Late);
            assert_eq!(machine.entered(), State::HalfOpen);
            assert_eq!(machine.probes_in_flight(), 1);
            assert!(machine.admit(now + secs(6)).is_err());
            machine.report(heir, SUCCESS, None, now + secs(6));
            assert_eq!(machine.entered(), State::Closed);
        }
    }

    #[test]
    fn b11_one_admission_takes_one_slot_and_only_one_that_is_over() {
        let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
        let first = machine.admit(now).unwrap();
        let second = machine.admit(now + secs(3)).unwrap();
        machine.admit(now + secs(5)).unwrap();
        assert!(machine.admit(now + secs(5)).is_err());
        let late = machine.report(first, SUCCESS, None, now + secs(5));
        let counted = machine.report(second, SUCCESS, None, now + secs(5));
        assert_eq!((late, counted), (Counted::Late, Counted::Success));
    }

    #[test]
    fn b11_a_free_slot_is_used_before_one_is_taken() {
        let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
        let slow = machine.admit(now).unwrap();
        machine.admit(now + secs(50)).unwrap();
        let counted = machine.report(slow, SUCCESS, None, now + secs(50));
        assert_eq!(counted, Counted::Success);
    }

    #[test]
    fn b11_a_taken_slot_stays_within_both_bounds() {
        // One success counted and three slots for the four that a round may have.
        let (mut machine, now) = due(&probing(3, 4, 0).probe_timeout(secs(5)));
        call(&mut machine, SUCCESS, now);
        for round in 0..5 {
            let now = now + secs(5 * round);
            let admitted = admissions(&mut machine, now).count();
            assert_eq!((admitted, machine.probes_in_flight()), (3, 3));
        }
    }

    #[test]
    fn b11_the_default_lease_is_the_recovery_time_within_half_a_minute_and_ten() {
        for (recovery, lease) in [
            (Duration::ZERO, 30),
            (secs(29), 30),
            (secs(31), 31),
            (secs(600), 600),
            (secs(601), 600),
            (Duration::MAX, 600),
        ] {
            let now = Instant::now();
            let mut machine = machine(&fragile().recovery_time(recovery));
            machine.trip(now).unwrap();
            machine.half_open(now).unwrap();
            machine.admit(now).unwrap();
            let rejection = machine.admit(now).unwrap_err();
            assert_eq!(rejection.retry_after, Some(secs(lease)), "{recovery:?}");
        }
    }

    #[test]
    fn b11_the_longest_lease_never_ends_and_nobody_knows_when() {
        let (mut machine, now) = due(&fragile().probe_timeout(Duration::MAX));
        machine.admit(now).unwrap();
        let rejection = Rejection {
            state: State::HalfOpen,
            retry_after: None,
        };
        assert_eq!(machine.admit(now + secs(1_000_000_000)), Err(rejection));
    }

    #[test]
    fn b11_a_rejected_caller_is_told_the_first_lease_end() {
        let (mut machine, now) = due(&probing(2, 2, 0).probe_timeout(secs(5)));
        machine.admit(now).unwrap();
        machine.admit(now + secs(2)).unwrap();
        let rejection = machine.admit(now + secs(3)).unwrap_err();
        assert_eq!(rejection.retry_after, Some(secs(2)));
    }

    #[test]
    fn b11_a_clock_that_goes_back_ends_no_lease_early() {
        let (mut machine, now) = due(&fragile().probe_timeout(secs(5)));
        machine.admit(now).unwrap();
        let back = now.checked_sub(secs(8)).unwrap();
        assert_eq!(machine.admit(back).unwrap_err().state, State::HalfOpen);
        assert!(machine.admit(now + secs(5)).is_ok());
    }
}

#[test]
fn b13_the_record_is_bounded_and_the_counts_are_not() {
    let now = Instant::now();
    let mut machine = machine(&fragile());
    for _ in 0..10_000 {
        machine.trip(now).unwrap();
        machine.close(now);
    }
    assert_eq!(machine.history().count(), HISTORY);
    let counts = machine.transitions();
    assert_eq!((counts.opened, counts.closed), (10_000, 10_000));
}

#[test]
fn b13_transitions_are_fetched_once_each_and_in_order() {
    let (mut machine, now) = due(&fragile());
    let pairs = |machine: &mut Machine| -> Vec<_> {
        let fetched = machine.fetch_transitions();
        fetched.map(|step| (step.from, step.to)).collect()
    };
    assert_eq!(pairs(&mut machine), [(State::Closed, State::Open)]);
    call(&mut machine, SUCCESS, now);
    let expected = [
        (State::Open, State::HalfOpen),
        (State::HalfOpen, State::Closed),
    ];
    assert_eq!(pairs(&mut machine), expected);
    assert_eq!(pairs(&mut machine), []);
}

/// Random walks: the machine and an obviously right model take the same steps and must agree after each.
mod model {
    use super::*;

    /// Milliseconds since the walk began.
    type Millis = u64;

    #[derive(Debug, Clone)]
    struct Settings {
        threshold: u32,
        recovery: Millis,
        doubles: bool,
        max_recovery: Millis,
        calls: u32,
        successes: u32,
        failures: u32,
        lease: Millis,
        abandoned_is_failure: bool,
    }

    impl Settings {
        fn random(random: &mut fastrand::Rng) -> Self {
            let recovery = random.choice([0, 1, 50, 1_000]).unwrap();
            let (successes, failures) = (random.u32(1..=3), random.u32(0..=2));
            Self {
                threshold: random.u32(1..=4),
                recovery,
                doubles: random.bool(),
                max_recovery: recovery + random.u64(0..4_000),
                calls: random.u32(1..=successes + failures),
                successes,
                failures,
                lease: random.u64(1..=500),
                abandoned_is_failure: random.u8(..5) == 0,
            }
        }

        fn build(&self) -> BreakerConfig {
            BreakerConfig::builder()
                .failure_threshold(self.threshold)
                .recovery_time(Duration::from_millis(self.recovery))
                .recovery_factor(if self.doubles { 2.0 } else { 1.0 })
                .max_recovery_time(Duration::from_millis(self.max_recovery))
                .half_open_max_calls(self.calls)
                .half_open_successes(self.successes)
                .half_open_failures(self.failures)
                .probe_timeout(Duration::from_millis(self.lease))
                .abandoned(if self.abandoned_is_failure {
                    Abandoned::Failure
                } else {
                    Abandoned::Ignore
                })
                .build()
                .unwrap()
        }
    }

    /// Every call that was ever admitted, in order of admission.
    #[derive(Debug)]
    struct Call {
        generation: u64,
        holds_slot: bool,
        lease_end: Millis,
    }

    #[derive(Debug)]
    struct Model {
        settings: Settings,
        state: State,
        generation: u64,
        streak: u32,
        would_open: bool,
        opened_at: Millis,
        end: Millis,
        reopenings: u32,
        succeeded: u32,
        failed: u32,
        calls: Vec<Call>,
        steps: Vec<(State, State)>,
    }

    impl Model {
        fn new(settings: Settings) -> Self {
            Self {
                settings,
                state: State::Closed,
                generation: 0,
                streak: 0,
                would_open: false,
                opened_at: 0,
                end: 0,
                reopenings: 0,
                succeeded: 0,
                failed: 0,
                calls: Vec::new(),
                steps: Vec::new(),
            }
        }

        fn go(&mut self, to: State) {
            if self.state != to {
                self.steps.push((self.state, to));
            }
            self.state = to;
            self.generation += 1;
            self.streak = 0;
            self.would_open = false;
            self.succeeded = 0;
            self.failed = 0;
            if to == State::Closed {
                self.reopenings = 0;
            }
        }

        fn open(&mut self, now: Millis, hint: Option<Millis>) {
            if self.state == State::HalfOpen {
                self.reopenings += 1;
            }
            let mut time = self.settings.recovery;
            if self.settings.doubles {
                for _ in 0..self.reopenings {
                    time = (time * 2).min(self.settings.max_recovery);
                }
            }
            let hint = hint.unwrap_or(0).min(self.settings.max_recovery);
            self.go(State::Open);
            self.opened_at = now;
            self.end = now + time.max(hint);
        }

        fn is_due(&self, now: Millis) -> bool {
            self.state == State::Open && now.max(self.opened_at) >= self.end
        }

        fn probe_if_due(&mut self, now: Millis) {
            if self.is_due(now) {
                self.go(State::HalfOpen);
            }
        }

        fn honest_state(&self, now: Millis) -> State {
            if self.is_due(now) {
                State::HalfOpen
            } else {
                self.state
            }
        }

        fn slots_held(&self) -> Vec<usize> {
            let calls = self.calls.iter().enumerate();
            calls
                .filter(|(_, call)| call.generation == self.generation && call.holds_slot)
                .map(|(id, _)| id)
                .collect()
        }

        fn has_room(&self) -> bool {
            let in_flight = u32::try_from(self.slots_held().len()).unwrap();
            let round = self.settings.successes + self.settings.failures;
            in_flight < self.settings.calls && in_flight + self.succeeded + self.failed < round
        }

        fn retry_after(&self, now: Millis) -> Option<Millis> {
            match self.state {
                State::Open => Some(self.end.saturating_sub(now.max(self.opened_at))),
                State::HalfOpen if !self.has_room() => {
                    let ends = self.slots_held().into_iter();
                    let first = ends.map(|id| self.calls[id].lease_end).min().unwrap();
                    Some(first.saturating_sub(now))
                }
                State::ForcedOpen => None,
                _ => Some(0),
            }
        }

        /// The call's place in `calls`, or the state and time that a rejected caller is told.
        fn admit(&mut self, now: Millis) -> Result<usize, (State, Option<Millis>)> {
            self.probe_if_due(now);
            let rejected = Err((self.state, self.retry_after(now)));
            match self.state {
                State::Open | State::ForcedOpen => return rejected,
                State::HalfOpen if !self.has_room() => {
                    let over = self
                        .slots_held()
                        .into_iter()
                        .find(|id| self.calls[*id].lease_end <= now);
                    match over {
                        Some(id) => self.calls[id].holds_slot = false,
                        None => return rejected,
                    }
                }
                _ => {}
            }
            self.calls.push(Call {
                generation: self.generation,
                holds_slot: self.state == State::HalfOpen,
                lease_end: now + self.settings.lease,
            });
            Ok(self.calls.len() - 1)
        }

        fn report(
            &mut self,
            id: usize,
            ending: Ending,
            hint: Option<Millis>,
            now: Millis,
        ) -> Counted {
            if self.state == State::Disabled {
                return Counted::Nowhere;
            }
            let call = &mut self.calls[id];
            let is_late = call.generation != self.generation
                || self.state == State::HalfOpen && !call.holds_slot;
            if is_late {
                return Counted::Late;
            }
            call.holds_slot = false;
            let counted = match ending {
                Ending::Reported(Outcome::Success) => Counted::Success,
                Ending::Reported(Outcome::Failure) => Counted::Failure,
                Ending::Reported(Outcome::Ignored) => Counted::Ignored,
                Ending::Abandoned if self.settings.abandoned_is_failure => Counted::Failure,
                Ending::Abandoned => Counted::Abandoned,
            };
            if self.state == State::HalfOpen {
                match counted {
                    Counted::Success => self.succeeded += 1,
                    Counted::Failure => self.failed += 1,
                    _ => {}
                }
                if self.failed > self.settings.failures {
                    self.open(now, hint);
                } else if self.succeeded == self.settings.successes {
                    self.go(State::Closed);
                }
                return counted;
            }
            match counted {
                Counted::Success => self.streak = 0,
                Counted::Failure => self.streak += 1,
                _ => {}
            }
            if self.streak >= self.settings.threshold {
                if self.state == State::Closed {
                    self.open(now, hint);
                } else {
                    self.would_open = true;
                }
            }
            counted
        }

        /// Whether it was allowed.
        fn trip(&mut self, time: Option<Millis>, now: Millis) -> bool {
            self.probe_if_due(now);
            match self.state {
                State::Closed | State::HalfOpen => self.open(now, None),
                State::Open => {}
                _ => return false,
            }
            if let Some(time) = time {
                self.end = now.max(self.opened_at) + time;
            }
            true
        }

        fn half_open(&mut self) -> bool {
            match self.state {
                State::Open | State::ForcedOpen => self.go(State::HalfOpen),
                State::HalfOpen => {}
                _ => return false,
            }
            true
        }

        fn by_hand(&mut self, to: State) {
            if self.state != to || to == State::Closed {
                self.go(to);
            }
        }
    }

    /// What a machine's settings have other than its model's.
    type Defect = fn(&mut Settings);

    /// The two, side by side.
    struct Walk {
        start: Instant,
        now: Millis,
        machine: Machine,
        model: Model,
        in_flight: Vec<(Ticket, usize)>,
        steps: Vec<(State, State)>,
        would_open: bool,
        random: fastrand::Rng,
        /// What was done, for the message of a failure.
        log: Vec<String>,
    }

    impl Walk {
        fn new(seed: u64) -> Self {
            Self::with_defect(seed, |_| {})
        }

        /// A walk whose machine has other settings than its model.
        fn with_defect(seed: u64, defect: Defect) -> Self {
            let mut random = fastrand::Rng::with_seed(seed);
            let settings = Settings::random(&mut random);
            let mut of_machine = settings.clone();
            defect(&mut of_machine);
            Self {
                // Room for a clock that goes back.
                start: Instant::now() + secs(3_600),
                now: 0,
                machine: Machine::new(of_machine.build(), random.fork()),
                log: vec![format!("seed {seed}: {settings:?}")],
                model: Model::new(settings),
                in_flight: Vec::new(),
                steps: Vec::new(),
                would_open: false,
                random,
            }
        }

        fn instant(&self) -> Instant {
            self.start + Duration::from_millis(self.now)
        }

        fn step(&mut self) {
            let generations = (self.machine.generation(), self.model.generation);
            match self.random.u8(..100) {
                0..35 => self.admit(),
                35..70 => self.end_one(),
                70..85 => self.move_clock(),
                85..87 => self.forget_one(),
                operation => self.by_hand(operation),
            }
            self.steps.extend(
                self.machine
                    .fetch_transitions()
                    .map(|step| (step.from, step.to)),
            );
            self.would_open |= self.machine.fetch_would_open();
            self.compare(generations);
        }

        fn admit(&mut self) {
            self.log.push(format!("{} admit", self.now));
            let by_machine = self.machine.admit(self.instant());
            let by_model = self.model.admit(self.now);
            match (by_machine, by_model) {
                (Ok(ticket), Ok(id)) => self.in_flight.push((ticket, id)),
                (Err(rejection), Err((state, retry_after))) => {
                    let retry_after = retry_after.map(Duration::from_millis);
                    assert_eq!(
                        rejection,
                        Rejection { state, retry_after },
                        "{:#?}",
                        self.log
                    );
                }
                (by_machine, by_model) => {
                    panic!("{by_machine:?} is not {by_model:?}: {:#?}", self.log)
                }
            }
        }

        fn end_one(&mut self) {
            if self.in_flight.is_empty() {
                return;
            }
            let chosen = self.random.usize(..self.in_flight.len());
            let (ticket, id) = self.in_flight.swap_remove(chosen);
            let ending = match self.random.u8(..10) {
                0..4 => SUCCESS,
                4..8 => FAILURE,
                8 => IGNORED,
                _ => Ending::Abandoned,
            };
            let hint = self
                .random
                .choice([None, None, Some(0), Some(700), Some(9_000)]);
            let hint = hint.flatten();
            self.log
                .push(format!("{} {id} ends {ending:?}, hint {hint:?}", self.now));
            let now = self.instant();
            let long = hint.map(Duration::from_millis);
            let by_machine = self.machine.report(ticket, ending, long, now);
            let by_model = self.model.report(id, ending, hint, self.now);
            assert_eq!(by_machine, by_model, "{:#?}", self.log);
        }

        fn forget_one(&mut self) {
            self.log.push(format!("{} forget", self.now));
            self.in_flight.pop();
        }

        fn move_clock(&mut self) {
            let to_the_end = self.model.retry_after(self.now).unwrap_or(0);
            // Backwards only where the rules say what that means.
            let back = self.model.state != State::HalfOpen && self.random.u8(..8) == 0;
            self.now = if back {
                self.now.saturating_sub(self.random.u64(..300))
            } else {
                let steps = [
                    1,
                    20,
                    400,
                    to_the_end.saturating_sub(1),
                    to_the_end,
                    to_the_end,
                ];
                self.now + self.random.choice(steps).unwrap()
            };
            self.log.push(format!("{} clock", self.now));
        }

        fn by_hand(&mut self, operation: u8) {
            self.log.push(format!("{} operation {operation}", self.now));
            let (now, machine, model) = (self.instant(), &mut self.machine, &mut self.model);
            let time = self.random.u64(..2_000);
            let allowed = match operation {
                87..89 => (machine.trip(now).is_ok(), model.trip(None, self.now)),
                89 => (
                    machine.trip_for(Duration::from_millis(time), now).is_ok(),
                    model.trip(Some(time), self.now),
                ),
                90..93 => (machine.half_open(now).is_ok(), model.half_open()),
                93..96 => {
                    machine.close(now);
                    model.by_hand(State::Closed);
                    (true, true)
                }
                96 => {
                    machine.force_open(now);
                    model.by_hand(State::ForcedOpen);
                    (true, true)
                }
                97 => {
                    machine.disable(now);
                    model.by_hand(State::Disabled);
                    (true, true)
                }
                _ => {
                    machine.observe_only(now);
                    model.by_hand(State::ObserveOnly);
                    (true, true)
                }
            };
            assert_eq!(allowed.0, allowed.1, "{:#?}", self.log);
        }

        fn compare(&mut self, (machine_before, model_before): (u64, u64)) {
            let (machine, model) = (&self.machine, &self.model);
            let now = self.start + Duration::from_millis(self.now);
            let log = &self.log;
            assert_eq!(machine.entered(), model.state, "{log:#?}");
            assert_eq!(machine.state(now), model.honest_state(self.now), "{log:#?}");
            assert_eq!(machine.streak(), model.streak, "{log:#?}");
            assert_eq!(
                machine.probes_in_flight(),
                model.slots_held().len(),
                "{log:#?}"
            );
            let retry_after = model.retry_after(self.now).map(Duration::from_millis);
            assert_eq!(machine.retry_after(now), retry_after, "{log:#?}");
            let changed = machine.generation() != machine_before;
            assert_eq!(changed, model.generation != model_before, "{log:#?}");
            assert_eq!(self.steps, model.steps, "{log:#?}");
            if model.would_open {
                assert!(self.would_open, "{log:#?}");
            }
            if changed {
                self.would_open = false;
            }
            assert_eq!(self.would_open, model.would_open, "{log:#?}");
        }
    }

    #[test]
    fn the_machine_agrees_with_a_plain_model_after_every_step() {
        let mut visited = std::collections::BTreeSet::new();
        let mut openings_grown = 0;
        for seed in 0..4_000 {
            let mut walk = Walk::new(seed);
            for _ in 0..60 {
                walk.step();
            }
            visited.extend(
                walk.steps
                    .iter()
                    .map(|(from, to)| (from.as_str(), to.as_str())),
            );
            openings_grown += u32::from(walk.model.reopenings > 1);
        }
        // The walks go everywhere, or they would prove little: all pairs of states but the six that no operation makes,
        // from closed, disabled and observe-only to half-open, and from forced-open, disabled and observe-only to open.
        assert_eq!(visited.len(), 30 - 6, "{visited:?}");
        assert!(openings_grown > 100, "{openings_grown}");
    }

    #[test]
    fn the_walks_notice_every_setting_that_is_off_by_one() {
        let defects: [(&str, Defect); 9] = [
            ("threshold", |settings| settings.threshold += 1),
            ("recovery", |settings| {
                settings.recovery += 1;
                settings.max_recovery += 1;
            }),
            ("factor", |settings| settings.doubles = !settings.doubles),
            ("max_recovery", |settings| settings.max_recovery += 1),
            ("calls", |settings| settings.calls = 1),
            ("successes", |settings| settings.successes += 1),
            ("failures", |settings| settings.failures += 1),
            ("lease", |settings| settings.lease += 1),
            ("abandoned", |settings| {
                settings.abandoned_is_failure = !settings.abandoned_is_failure;
            }),
        ];
        for (name, defect) in defects {
            let noticed = (0..500).any(|seed| {
                std::panic::catch_unwind(|| {
                    let mut walk = Walk::with_defect(seed, defect);
                    (0..60).for_each(|_| walk.step());
                })
                .is_err()
            });
            assert!(noticed, "{name}");
        }
    }
}
