//! Reports without the time, and deferred successes, have the same effect as reports with the time.

use super::*;
use crate::breaker::Window;
use crate::breaker::machine::SuccessHandling;
use crate::platform::random::Generator;

const ENDINGS: [Ending; 4] = [SUCCESS, FAILURE, IGNORED, Ending::Abandoned];

fn random_config(random: &mut Generator) -> BreakerConfigBuilder {
    let mut config =
        BreakerConfig::builder().failure_threshold(random.u32(2..=5)).recovery_time(secs(1));
    if random.bool() {
        config = config.abandoned(AbandonedOutcome::Failure);
    }
    match random.u8(..3) {
        0 => config,
        1 => config
            .window(random.u32(3..=8))
            .failure_rate(0.5 + random.unit() / 2.0)
            .min_calls(random.u32(1..=3))
            .failure_count(3),
        _ => config
            .window(Window::Time(secs(random.u64(1..=8))))
            .window_buckets(random.u32(1..=4))
            .failure_rate(0.5 + random.unit() / 2.0)
            .min_calls(random.u32(1..=3)),
    }
}

fn seen(machine: &Machine, now: Instant) -> impl PartialEq + std::fmt::Debug {
    (
        machine.entered(),
        machine.generation(),
        machine.streak(now),
        machine.window(now, 0),
        machine.last_opening(),
    )
}

/// Makes equal calls on two machines. The first machine receives each report at once, with the
/// time. The second machine receives reports as a breaker makes them: without the time unless the
/// machine asks for it, and with deferred successes.
#[test]
fn b17_calls_have_the_same_effect_with_and_without_their_time() {
    let mut random = Generator::seeded(1);
    let mut untimed = 0;
    let mut left_for_later = 0;
    for seed in 0..3_000 {
        let config = random_config(&mut random);
        let (mut at_once, mut lazy) = (seeded(&config, seed), seeded(&config, seed));
        let epoch = at_once.epoch;
        let shift = lazy.epoch.saturating_duration_since(epoch);
        let mut now = epoch;
        let mut left: Option<(u64, u64, u64)> = None;
        for _ in 0..40 {
            now += Duration::from_millis(random.u64(..1_500));
            let later = now + shift;
            let ending = ENDINGS[random.usize(..8).saturating_sub(4)];
            let (mode, bucket) = lazy.successes();
            let is_left = mode == SuccessHandling::Pending
                && ending == SUCCESS
                && crate::time::nanos_between(lazy.epoch, later) < bucket
                && left.is_none_or(|(generation, of, _)| {
                    (generation, of) == (lazy.generation(), bucket)
                });
            let Ok(ticket) = at_once.admit(now) else {
                continue;
            };
            at_once.report(ticket, &CallEnd::of(ending), now);
            if is_left {
                let many = left.map_or(0, |(_, _, many)| many);
                left = Some((lazy.generation(), bucket, many + 1));
                left_for_later += 1;
                continue;
            }
            if let Some((generation, bucket, many)) = left.take() {
                assert_eq!(generation, lazy.generation());
                lazy.record_pending(many, bucket);
            }
            let ticket = lazy.admit(later).unwrap();
            if lazy.report_untimed(ticket, ending).is_some() {
                untimed += 1;
            } else {
                lazy.report(ticket, &CallEnd::of(ending), later);
            }
            assert_eq!(
                format!("{:?}", seen(&at_once, now)),
                format!("{:?}", seen(&lazy, later)),
                "{config:?}"
            );
        }
    }
    assert!(untimed > 10_000 && left_for_later > 5_000, "{untimed} {left_for_later}");
}

#[test]
fn b13_a_report_without_the_time_is_counted_where_it_belongs() {
    for (abandoned, counted) in [
        (AbandonedOutcome::Failure, Counted::Failure { slow: false }),
        (AbandonedOutcome::Ignore, Counted::Abandoned),
    ] {
        let config = BreakerConfig::builder().abandoned(abandoned);
        let mut machine = machine(&config);
        let now = machine.epoch;
        let mut call = |ending| {
            let ticket = machine.admit(now).unwrap();
            machine.report_untimed(ticket, ending)
        };
        assert_eq!(call(Ending::Abandoned), Some(counted));
        assert_eq!(call(IGNORED), Some(Counted::Ignored));
        assert_eq!(call(FAILURE), Some(Counted::Failure { slow: false }));
        assert_eq!(call(SUCCESS), Some(Counted::Success { slow: false }));
    }
}

#[test]
fn b17_the_time_is_read_only_where_it_matters() {
    let asks = |config: &BreakerConfigBuilder, ending| {
        let mut machine = machine(config);
        let now = machine.epoch;
        let ticket = machine.admit(now).unwrap();
        machine.report_untimed(ticket, ending).is_none()
    };
    let window = || BreakerConfig::builder().window(Window::Calls(9));
    assert!(asks(&fragile(), FAILURE), "the failure opens the circuit");
    assert!(asks(&window().failure_rate(1.0).min_calls(1), FAILURE), "the rate is met");
    assert!(
        asks(&window().slow_call(secs(1)).slow_call_rate(1.0), SUCCESS),
        "the call may be slow"
    );
    let of_time = BreakerConfig::builder().window(secs(1)).failure_rate(1.0);
    assert!(asks(&of_time, SUCCESS), "the call belongs to a bucket");
    assert!(!asks(&window().failure_rate(1.0), FAILURE));
    assert!(!asks(&of_time, IGNORED));
}
