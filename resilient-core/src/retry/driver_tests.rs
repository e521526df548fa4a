//! Schedules, jitter and decisions, with the numbers in sight: rows of tables, properties over many seeded random inputs,
//! and distributions by their moments.

use std::time::Duration;

use super::backoff::Backoff;
use super::driver::Retry;
use super::give_up::GiveUp;
use super::jitter::{Jitter, smooth};
use super::policy::{RetryPolicy, RetryPolicyBuilder, WhenOpen};
use super::random::Random;
use crate::breaker::{CircuitOpen, State};
use crate::name::Name;
use crate::outcome::Class;

/// Random inputs of a property.
const CASES: usize = 10_000;
/// Random numbers of a distribution.
const DRAWS: u64 = 100_000;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn build(settings: &RetryPolicyBuilder) -> RetryPolicy {
    settings.build().expect("these settings are in range")
}

/// No jitter, no bound, and as many retries as anyone asks for.
fn exact() -> RetryPolicyBuilder {
    RetryPolicy::builder()
        .max_retries(u32::MAX)
        .max_delay(Duration::MAX)
        .jitter(Jitter::None)
}

fn fail(retry: &mut Retry<'_>) -> Result<Duration, GiveUp> {
    retry.after_failure(Class::transient(), None)
}

/// The first delays of a call that goes on failing.
fn delays(policy: &RetryPolicy, retries: usize) -> Vec<Duration> {
    let mut retry = Retry::start(policy);
    (0..retries)
        .map(|_| fail(&mut retry).expect("there are retries left"))
        .collect()
}

fn in_ms(delays: &[Duration]) -> Vec<f64> {
    delays
        .iter()
        .map(|delay| delay.as_secs_f64() * 1_000.0)
        .collect()
}

fn open_for(retry_after: Option<Duration>) -> CircuitOpen {
    CircuitOpen {
        breaker: Name::Static("inventory"),
        state: State::Open,
        retry_after,
    }
}

/// Random inputs with every magnitude as likely as any other, and the ends more often.
mod any {
    use super::{Backoff, Duration, Jitter};

    pub(super) fn duration(random: &mut fastrand::Rng) -> Duration {
        match random.u8(0..10) {
            0 => Duration::ZERO,
            1 => Duration::MAX,
            2 => Duration::from_secs(u64::MAX),
            3 => Duration::from_nanos(random.u64(0..4)),
            _ => Duration::new(
                random.u64(..) >> random.u32(0..64),
                random.u32(0..1_000_000_000),
            ),
        }
    }

    /// The shorter one first.
    pub(super) fn base_and_cap(random: &mut fastrand::Rng) -> (Duration, Duration) {
        let (a, b) = (duration(random), duration(random));
        (a.min(b), a.max(b))
    }

    pub(super) fn retry(random: &mut fastrand::Rng) -> u32 {
        match random.u8(0..10) {
            0 => u32::MAX,
            1 => 1,
            _ => (random.u32(..) >> random.u32(0..32)).max(1),
        }
    }

    pub(super) fn factor(random: &mut fastrand::Rng) -> f64 {
        match random.u8(0..10) {
            0 => f64::MAX,
            1 => 1.0,
            2 => 1.0 + f64::EPSILON,
            3 => 2.0,
            _ => (random.f64() * 1_023.0).exp2(),
        }
    }

    pub(super) fn share(random: &mut fastrand::Rng) -> f64 {
        match random.u8(0..6) {
            0 => 0.0,
            1 => 1.0,
            2 => random.f64() * 1e-15,
            _ => random.f64(),
        }
    }

    pub(super) fn backoff(random: &mut fastrand::Rng) -> Backoff {
        match random.u8(0..6) {
            0 => Backoff::Constant,
            1 => Backoff::Linear,
            2 => Backoff::Fibonacci,
            3 => Backoff::Custom(|_| None),
            4 => Backoff::Custom(|_| Some(Duration::MAX)),
            _ => Backoff::Exponential,
        }
    }

    /// One that is applied to a delay, and no schedule of its own.
    pub(super) fn jitter(random: &mut fastrand::Rng) -> Jitter {
        match random.u8(0..4) {
            0 => Jitter::None,
            1 => Jitter::Full,
            2 => Jitter::Equal,
            _ => Jitter::Proportional(share(random)),
        }
    }
}

mod schedules {
    use super::*;

    #[test]
    fn row_w02_a_capped_exponential_delay() {
        let policy = build(&exact().base_delay(ms(1)).max_delay(ms(10)));

        let delays = delays(&policy, 6);

        assert_eq!(delays, [1, 2, 4, 8, 10, 10].map(ms));
    }

    #[test]
    fn row_w04_an_exponential_delay_of_a_second_and_of_nothing() {
        let of_a_second = build(&exact().base_delay(SECOND));
        let of_nothing = build(&exact().base_delay(Duration::ZERO));

        assert_eq!(delays(&of_a_second, 3), [1_000, 2_000, 4_000].map(ms));
        assert_eq!(delays(&of_nothing, 3), [Duration::ZERO; 3]);
    }

    #[test]
    fn row_w08_retry_1000_of_a_day_saturates_where_there_is_no_cap() {
        let policy = build(&exact().base_delay(DAY));

        let delays = delays(&policy, 1_000);

        assert_eq!(delays[999], Duration::MAX);
    }

    #[test]
    fn row_w09_retry_1000_of_a_day_is_the_cap_where_there_is_one() {
        let policy = build(&exact().base_delay(DAY).max_delay(2 * DAY));

        let delays = delays(&policy, 1_000);

        assert_eq!(delays[999], 2 * DAY);
    }

    #[test]
    fn row_w10_every_delay_is_longer_than_none_where_there_is_no_cap() {
        for jitter in [Jitter::None, Jitter::Equal, Jitter::Smooth] {
            let settings = exact().base_delay(2 * SECOND).jitter(jitter).seed(10);

            let delays = delays(&build(&settings), 1_025);

            assert!(
                delays.iter().all(|delay| !delay.is_zero()),
                "with jitter {jitter:?}"
            );
        }
    }

    #[test]
    fn row_w11_no_delay_is_longer_than_its_cap() {
        let cap = 30 * SECOND;
        for jitter in [Jitter::None, Jitter::Equal, Jitter::Smooth] {
            let settings = exact()
                .base_delay(2 * SECOND)
                .max_delay(cap)
                .jitter(jitter)
                .seed(11);

            let delays = delays(&build(&settings), 1_025);

            assert!(
                delays.iter().all(|delay| !delay.is_zero() && *delay <= cap),
                "with jitter {jitter:?}"
            );
        }
    }

    #[test]
    fn row_w14_a_factor_of_one_and_a_half_loses_nothing_to_rounding() {
        let policy = build(&exact().base_delay(ms(500)).backoff_factor(1.5));

        let delays = delays(&policy, 6);

        let exactly = [500_000, 750_000, 1_125_000, 1_687_500, 2_531_250, 3_796_875];
        assert_eq!(delays, exactly.map(Duration::from_micros));
    }

    #[test]
    fn row_w18_no_attempts_at_all_is_a_configuration_error() {
        let error = RetryPolicy::builder().max_attempts(0).build().unwrap_err();

        assert_eq!(error.field(), "max_attempts");
        assert_eq!(error.value(), "0");
    }

    #[test]
    fn row_w19_eight_doublings_of_a_second() {
        let policy = build(&exact().base_delay(SECOND));

        let delays = delays(&policy, 8);

        let seconds = [1, 2, 4, 8, 16, 32, 64, 128];
        assert_eq!(delays, seconds.map(Duration::from_secs));
    }

    #[test]
    fn row_w20_doublings_of_a_second_up_to_forty() {
        let policy = build(&exact().base_delay(SECOND).max_delay(40 * SECOND));

        let delays = delays(&policy, 50);

        let seconds = [1, 2, 4, 8, 16, 32, 40, 40];
        assert_eq!(delays[..8], seconds.map(Duration::from_secs));
        assert_eq!(delays[49], 40 * SECOND);
    }

    #[test]
    fn row_w31_a_schedule_of_ones_own() {
        let schedule = Backoff::Custom(|k| Some(ms(9 + 30 * u64::from(k - 1))));
        let settings = exact().backoff(schedule).base_delay(ms(9));

        let delays = delays(&build(&settings.max_delay(ms(99))), 5);

        assert_eq!(delays, [9, 39, 69, 99, 99].map(ms));
    }

    #[test]
    fn row_w33_a_fibonacci_delay_starts_with_two_of_the_base() {
        let policy = build(&exact().backoff(Backoff::Fibonacci).base_delay(SECOND));

        let delays = delays(&policy, 5);

        assert_eq!(delays, [1, 1, 2, 3, 5].map(Duration::from_secs));
    }

    #[test]
    fn r02_constant_and_linear_delays_follow_their_formula() {
        let constant = build(&exact().backoff(Backoff::Constant).base_delay(ms(70)));
        let linear = build(&exact().backoff(Backoff::Linear).base_delay(ms(70)));

        assert_eq!(delays(&constant, 4), [70, 70, 70, 70].map(ms));
        assert_eq!(delays(&linear, 4), [70, 140, 210, 280].map(ms));
    }

    #[test]
    fn r02_where_a_schedule_of_ones_own_says_nothing_the_computed_delay_holds() {
        let odd_ones = Backoff::Custom(|k| (k % 2 == 1).then_some(ms(7)));
        let policy = build(&exact().backoff(odd_ones).base_delay(ms(100)));

        let delays = delays(&policy, 4);

        assert_eq!(delays, [7, 200, 7, 800].map(ms));
    }

    #[test]
    fn r02_the_defaults_are_100_ms_doubled_up_to_10_s() {
        let policy = build(
            &RetryPolicy::builder()
                .max_retries(u32::MAX)
                .jitter(Jitter::None),
        );

        let delays = delays(&policy, 9);

        let millis = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
        assert_eq!(delays, millis.map(ms));
    }

    #[test]
    fn r02_the_exponential_delay_is_its_formula_or_the_longest_duration_for_any_input() {
        let mut random = fastrand::Rng::with_seed(201);
        for _ in 0..CASES {
            let k = any::retry(&mut random);
            let (base, factor) = (any::duration(&mut random), any::factor(&mut random));

            let delay = Backoff::Exponential.nominal(k, base, factor);

            // By another way than the library's: as a sum of logarithms.
            let log = base.as_secs_f64().log2() + f64::from(k - 1) * factor.log2();
            let case = format!("{base:?} · {factor:e}^({k} − 1) is {delay:?}");
            if base.is_zero() {
                assert_eq!(delay, Duration::ZERO, "{case}");
            } else if log > 64.001 {
                assert_eq!(delay, Duration::MAX, "{case}");
            } else if log < 63.999 {
                let expected = log.exp2();
                let error = (delay.as_secs_f64() - expected).abs();
                assert!(error <= expected * 1e-9 + 1e-9, "{case}");
            }
        }
    }

    #[test]
    fn r02_linear_and_fibonacci_delays_are_their_formula_or_the_longest_for_any_input() {
        let mut random = fastrand::Rng::with_seed(202);
        let golden = f64::midpoint(1.0, 5.0_f64.sqrt());
        for _ in 0..CASES {
            let k = any::retry(&mut random);
            let base = any::duration(&mut random);

            let linear = Backoff::Linear.nominal(k, base, 2.0);
            let fibonacci = Backoff::Fibonacci.nominal(k, base, 2.0);
            let constant = Backoff::Constant.nominal(k, base, 2.0);

            assert_eq!(constant, base);
            assert_eq!(linear, base.checked_mul(k).unwrap_or(Duration::MAX));
            let binet = (golden.powf(f64::from(k)) / 5.0_f64.sqrt()).round();
            let expected = base.as_secs_f64() * binet;
            let case = format!("fibonacci {k} of {base:?} is {fibonacci:?}");
            if base.is_zero() {
                assert_eq!(fibonacci, Duration::ZERO, "{case}");
            } else if binet < 1e19 && expected < 1.8e19 {
                let error = (fibonacci.as_secs_f64() - expected).abs();
                assert!(error <= expected * 1e-9 + 1e-9, "{case}");
            } else {
                assert!(fibonacci.as_secs() >= 1 << 32, "{case}");
            }
        }
    }

    #[test]
    fn r02_a_fibonacci_delay_never_shrinks_however_late_the_retry() {
        for base in [Duration::from_nanos(1), SECOND, Duration::MAX] {
            let longest = (1..200)
                .map(|k| Backoff::Fibonacci.nominal(k, base, 2.0))
                .reduce(|before, delay| {
                    assert!(delay >= before, "after {before:?} comes {delay:?}");
                    delay
                });

            let last = Backoff::Fibonacci.nominal(u32::MAX, base, 2.0);

            assert_eq!(Some(last), longest);
        }
    }
}

mod spread {
    use super::*;

    fn mean_and_variance(draws: &[f64]) -> (f64, f64) {
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / count;
        (mean, variance)
    }

    #[track_caller]
    fn assert_near(actual: f64, expected: f64, tolerance: f64, what: &str) {
        let error = (actual - expected).abs();
        assert!(
            error <= expected.abs() * tolerance,
            "{what} is {actual}, not {expected}"
        );
    }

    /// Many draws of one delay in milliseconds, sorted.
    fn draws(jitter: Jitter, delay: Duration, cap: Duration) -> Vec<f64> {
        let mut random = Random::new(Some(3));
        let mut draws: Vec<_> = (0..DRAWS)
            .map(|_| jitter.spread(delay, cap, &mut random))
            .collect();
        draws.sort();
        in_ms(&draws)
    }

    /// A delay uniform in [low, high] milliseconds.
    #[track_caller]
    fn assert_uniform(draws: &[f64], low: f64, high: f64) {
        let (mean, variance) = mean_and_variance(draws);
        let width = high - low;
        assert!(
            draws[0] >= low && draws[draws.len() - 1] <= high,
            "out of bounds"
        );
        assert_near(draws[0], low, 0.001 * width, "the shortest");
        assert_near(mean, f64::midpoint(low, high), 0.01, "the mean");
        assert_near(variance, width * width / 12.0, 0.02, "the variance");
    }

    /// The delays before retry 1, 2, 3 … of as many calls as there are draws, each sorted, in units of the base.
    fn schedule(jitter: Jitter, retries: usize) -> Vec<Vec<f64>> {
        let settings = exact().base_delay(SECOND).jitter(jitter);
        let mut by_retry = vec![Vec::new(); retries];
        for seed in 0..DRAWS {
            let policy = build(&settings.clone().seed(seed));
            for (retry, delay) in delays(&policy, retries).into_iter().enumerate() {
                by_retry[retry].push(delay.as_secs_f64());
            }
        }
        for draws in &mut by_retry {
            draws.sort_by(f64::total_cmp);
        }
        by_retry
    }

    fn quantile(sorted: &[f64], percent: usize) -> f64 {
        sorted[(sorted.len() - 1) * percent / 100]
    }

    #[test]
    fn r03_full_jitter_is_uniform_up_to_the_delay() {
        let draws = draws(Jitter::Full, SECOND, 10 * SECOND);

        // Relative tolerance says nothing at zero.
        assert!(draws[0] < 1.0);
        let (mean, variance) = mean_and_variance(&draws);
        assert_near(mean, 500.0, 0.01, "the mean");
        assert_near(variance, 1e6 / 12.0, 0.02, "the variance");
        assert!((999.0..=1_000.0).contains(&draws[draws.len() - 1]));
    }

    #[test]
    fn r03_equal_jitter_is_uniform_in_the_upper_half() {
        let draws = draws(Jitter::Equal, SECOND, 10 * SECOND);

        assert_uniform(&draws, 500.0, 1_000.0);
    }

    #[test]
    fn r03_a_proportion_is_uniform_around_the_delay() {
        let draws = draws(Jitter::Proportional(0.2), SECOND, 10 * SECOND);

        assert_uniform(&draws, 800.0, 1_200.0);
    }

    #[test]
    fn r03_a_proportion_of_a_capped_delay_is_uniform_below_the_cap() {
        let draws = draws(Jitter::Proportional(0.2), SECOND, SECOND);

        assert_uniform(&draws, 800.0, 1_000.0);
    }

    #[test]
    fn r03_no_jitter_is_the_delay() {
        let draws = draws(Jitter::None, SECOND, 10 * SECOND);

        assert!(draws.iter().all(|draw| (*draw - 1_000.0).abs() < 1e-9));
    }

    #[test]
    fn row_w06_a_proportion_of_a_quarter_of_a_linear_delay_by_its_quantiles() {
        // The source sets the random number; here it is the rank among many.
        let delay = Backoff::Linear.nominal(3, SECOND, 2.0);
        let draws = draws(Jitter::Proportional(0.25), delay, Duration::MAX);

        for (percent, expected) in [
            (0, 2_250.0),
            (40, 2_850.0),
            (50, 3_000.0),
            (60, 3_150.0),
            (100, 3_750.0),
        ] {
            let actual = quantile(&draws, percent);
            assert!(
                (actual - expected).abs() < 15.0,
                "{percent} %: {actual} ms, not {expected} ms"
            );
        }
    }

    #[test]
    fn row_w12_a_proportion_of_a_quarter_stays_within_a_quarter_of_any_delay() {
        let mut inputs = fastrand::Rng::with_seed(12);
        let mut random = Random::new(Some(12));
        for _ in 0..CASES {
            let delay = any::duration(&mut inputs);

            let spread = Jitter::Proportional(0.25).spread(delay, Duration::MAX, &mut random);

            let (nominal, spread) = (delay.as_secs_f64(), spread.as_secs_f64());
            let rounding = nominal * 1e-12 + 1e-9;
            assert!(
                spread >= 0.75 * nominal - rounding && spread <= 1.25 * nominal + rounding,
                "{delay:?} became {spread} s"
            );
        }
    }

    #[test]
    fn row_w32_a_proportion_of_a_fifth_of_a_capped_exponential_delay() {
        let settings = exact()
            .base_delay(ms(100))
            .max_delay(SECOND)
            .jitter(Jitter::Proportional(0.2));
        for seed in 0..1_000 {
            let policy = build(&settings.clone().seed(seed));

            let delays = delays(&policy, 8);

            for (delay, nominal) in in_ms(&delays)
                .into_iter()
                .zip([100.0, 200.0, 400.0, 800.0, 1e3, 1e3, 1e3, 1e3])
            {
                assert!(
                    delay >= 0.8 * nominal - 1e-6 && delay <= 1.2 * nominal + 1e-6,
                    "{delay} ms for {nominal} ms"
                );
                assert!(delay <= 1_000.0, "beyond the cap: {delay} ms");
            }
        }
    }

    #[test]
    fn r03_decorrelated_delays_have_the_medians_and_means_of_their_formula() {
        let by_retry = schedule(Jitter::Decorrelated, 8);

        assert!(
            by_retry[0].iter().all(|first| (first - 1.0).abs() < 1e-9),
            "the first delay is the base"
        );
        let medians = [2.0, 3.17, 4.56, 6.27, 8.16, 10.5, 13.4];
        let means = [2.0, 3.5, 5.7, 9.1, 14.1, 21.6, 32.9];
        for (index, draws) in by_retry[1..].iter().enumerate() {
            assert_near(quantile(draws, 50), medians[index], 0.03, "the median");
            assert_near(mean_and_variance(draws).0, means[index], 0.05, "the mean");
        }
    }

    #[test]
    fn r03_smooth_delays_have_the_quantiles_of_their_formula() {
        let by_retry = schedule(Jitter::Smooth, 7);

        let medians = [0.899, 1.135, 2.022, 4.01, 7.96, 16.0, 32.0];
        for (draws, median) in by_retry.iter().zip(medians) {
            assert_near(quantile(draws, 50), median, 0.02, "the median");
        }
        let measured = [
            (0.872, 0.140, 1.367, 1.377),
            (1.158, 0.148, 2.357, 2.784),
            (2.081, 0.282, 4.030, 4.324),
        ];
        for (draws, (mean, first, ninety_ninth, longest)) in by_retry.iter().zip(measured) {
            assert_near(mean_and_variance(draws).0, mean, 0.01, "the mean");
            assert_near(quantile(draws, 1), first, 0.05, "the first percentile");
            assert_near(quantile(draws, 99), ninety_ninth, 0.02, "the 99th");
            assert_near(quantile(draws, 100), longest, 0.03, "the longest");
        }
    }

    #[test]
    fn r03_every_jitter_stays_within_its_bounds_and_the_cap_for_any_input() {
        let mut inputs = fastrand::Rng::with_seed(301);
        let mut random = Random::new(Some(301));
        for _ in 0..CASES {
            let (base, cap) = any::base_and_cap(&mut inputs);
            let k = any::retry(&mut inputs);
            let factor = any::factor(&mut inputs);
            let nominal = any::backoff(&mut inputs).nominal(k, base, factor).min(cap);
            let jitter = any::jitter(&mut inputs);

            let delay = jitter.spread(nominal, cap, &mut random);

            let case = format!("{jitter:?} of {nominal:?} within {cap:?} is {delay:?}");
            assert!(delay <= cap, "beyond the cap: {case}");
            match jitter {
                Jitter::Full => assert!(delay <= nominal, "{case}"),
                Jitter::Equal => assert!(delay >= nominal / 2 && delay <= nominal, "{case}"),
                Jitter::Proportional(share) => {
                    let (delay, nominal) = (delay.as_secs_f64(), nominal.as_secs_f64());
                    let rounding = nominal * 1e-12 + 1e-9;
                    assert!(delay >= nominal * (1.0 - share) - rounding, "{case}");
                    assert!(delay <= nominal * (1.0 + share) + rounding, "{case}");
                }
                _ => assert_eq!(delay, nominal, "{case}"),
            }
        }
    }

    #[test]
    fn r03_a_proportion_of_a_capped_delay_never_exceeds_the_cap_however_long_it_is() {
        let mut inputs = fastrand::Rng::with_seed(302);
        let mut random = Random::new(Some(302));
        for _ in 0..CASES {
            let cap = any::duration(&mut inputs);
            let share = any::share(&mut inputs);

            let delay = Jitter::Proportional(share).spread(cap, cap, &mut random);

            assert!(delay <= cap, "{share} of {cap:?} is {delay:?}");
        }
    }

    #[test]
    fn r03_a_smooth_delay_is_a_duration_for_any_retry_and_any_base() {
        let mut inputs = fastrand::Rng::with_seed(303);
        let mut random = Random::new(Some(303));
        for _ in 0..CASES {
            let base = any::duration(&mut inputs);
            let k = any::retry(&mut inputs);
            let (_, before) = smooth(k.saturating_sub(1), base, 0.0, &mut random);

            let (delay, _) = smooth(k, base, before, &mut random);

            let case = format!("before retry {k} of {base:?}: {delay:?}");
            if base.is_zero() {
                assert_eq!(delay, Duration::ZERO, "{case}");
            } else if k > 1_100 {
                assert_eq!(delay, Duration::MAX, "{case}");
            }
        }
    }

    #[test]
    fn r03_schedules_of_their_own_stay_within_their_bounds_for_any_base_and_cap() {
        let mut inputs = fastrand::Rng::with_seed(304);
        for case in 0..CASES as u64 {
            let (base, cap) = any::base_and_cap(&mut inputs);
            let settings = exact().base_delay(base).max_delay(cap).seed(case);
            let decorrelated = build(&settings.clone().jitter(Jitter::Decorrelated));
            let smooth = build(&settings.jitter(Jitter::Smooth));

            let decorrelated = delays(&decorrelated, 12);
            let smooth = delays(&smooth, 12);

            assert_eq!(decorrelated[0], base);
            for pair in decorrelated.windows(2) {
                let longest = pair[0].saturating_mul(3).min(cap);
                assert!(
                    pair[1] >= base && pair[1] <= longest,
                    "base {base:?}, cap {cap:?}: {pair:?}"
                );
            }
            assert!(smooth.iter().all(|delay| *delay <= cap));
        }
    }

    #[test]
    fn r03_a_smooth_delay_beyond_all_numbers_is_the_cap() {
        let settings = exact().base_delay(ms(1)).max_delay(DAY);

        let delays = delays(&build(&settings.jitter(Jitter::Smooth).seed(1)), 1_200);

        assert!(delays[1_100..].iter().all(|delay| *delay == DAY));
    }

    #[test]
    fn r03_a_seed_repeats_and_two_seeds_differ() {
        let of = |seed| build(&exact().jitter(Jitter::Full).seed(seed));

        assert_eq!(delays(&of(1), 20), delays(&of(1), 20));
        assert_ne!(delays(&of(1), 20), delays(&of(2), 20));
    }

    #[test]
    fn r03_a_call_without_a_seed_spreads_too() {
        let policy = build(&exact().jitter(Jitter::Full).base_delay(SECOND));

        assert_ne!(delays(&policy, 8), delays(&policy, 8));
    }
}

mod decisions {
    use super::*;

    #[test]
    fn r02_the_driver_says_a_delay_or_a_reason_for_any_input_and_never_panics() {
        let mut random = fastrand::Rng::with_seed(203);
        for case in 0..CASES as u64 {
            let (base, cap) = any::base_and_cap(&mut random);
            let mut settings = exact().base_delay(base).max_delay(cap).seed(case);
            settings = match random.u8(0..4) {
                0 => settings.jitter(Jitter::Smooth),
                1 => settings.jitter(Jitter::Decorrelated),
                _ => settings
                    .jitter(any::jitter(&mut random))
                    .backoff(any::backoff(&mut random)),
            };
            if random.bool() {
                settings = settings.when_open(WhenOpen::Wait);
            }
            if random.bool() {
                let limit = any::duration(&mut random).max(Duration::from_nanos(1));
                settings = settings.max_elapsed(limit);
            }
            let max_hint = any::duration(&mut random);
            let policy = build(&settings.max_hint(max_hint));
            let mut retry = Retry::start(&policy);

            for _ in 0..8 {
                let asked = any::duration(&mut random);
                match random.u8(0..3) {
                    0 => {
                        if let Ok(delay) = fail(&mut retry) {
                            assert!(delay <= cap, "{policy:?}: {delay:?}");
                        }
                    }
                    1 => match retry.after_failure(Class::throttled().after(asked), None) {
                        Ok(delay) => assert!(delay >= asked && asked <= max_hint),
                        Err(reason) => assert_ne!(reason, GiveUp::Exhausted),
                    },
                    _ => match retry.after_rejection(&open_for(Some(asked))) {
                        Ok(delay) => assert!(delay >= asked),
                        Err(reason) => assert_eq!(reason, GiveUp::CircuitOpen),
                    },
                }
            }
        }
    }

    #[test]
    fn r01_the_driver_grants_max_retries_and_then_says_that_they_are_exhausted() {
        for retries in [0, 1, 3, 50] {
            let policy = build(&exact().max_retries(retries));
            let mut retry = Retry::start(&policy);

            let granted = (0..100).take_while(|_| fail(&mut retry).is_ok()).count();

            assert_eq!(granted, retries as usize);
            assert_eq!(retry.attempt_number(), retries + 1);
            assert_eq!(fail(&mut retry), Err(GiveUp::Exhausted));
        }
    }

    #[test]
    fn r08_an_error_that_another_attempt_does_not_help_ends_the_call() {
        for class in [Class::permanent(), Class::ignored(), Class::answered()] {
            let policy = build(&exact());
            let mut retry = Retry::start(&policy);

            let next = retry.after_failure(class, None);

            assert_eq!(next, Err(GiveUp::NotRetryable), "{class:?}");
        }
    }

    #[test]
    fn r04_a_hint_is_a_floor_under_the_delay_and_the_first_delay_is_added_to_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = Retry::start(&policy);
        let mut hinted = |hint| retry.after_failure(Class::transient().after(ms(hint)), None);

        assert_eq!(hinted(5_000), Ok(ms(5_100)));
        assert_eq!(
            hinted(99),
            Ok(ms(200)),
            "99 + 100 is below the second delay"
        );
        assert_eq!(hinted(301), Ok(ms(401)), "301 + 100 is above the third one");
        assert_eq!(hinted(0), Ok(ms(800)));
    }

    #[test]
    fn r04_the_longest_delay_does_not_bound_a_hint() {
        let policy = build(&exact().base_delay(ms(100)).max_delay(SECOND));
        let mut retry = Retry::start(&policy);

        let delay = retry.after_failure(Class::throttled().after(30 * SECOND), None);

        assert_eq!(delay, Ok(30 * SECOND + ms(100)));
    }

    #[test]
    fn r04_clients_that_were_told_the_same_time_are_spread_by_the_first_delay() {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Smooth] {
            let waits: Vec<_> = (0..1_000)
                .map(|seed| {
                    let settings = exact().base_delay(SECOND).jitter(jitter).seed(seed);
                    let policy = build(&settings);
                    Retry::start(&policy)
                        .after_failure(Class::throttled().after(20 * SECOND), None)
                        .expect("20 s are below max_hint")
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
    fn r04_a_hint_of_max_hint_is_kept_and_a_longer_one_ends_the_call() {
        let policy = build(&exact().base_delay(ms(100)));
        let hinted =
            |hint| Retry::start(&policy).after_failure(Class::throttled().after(hint), None);

        assert_eq!(hinted(60 * SECOND), Ok(60 * SECOND + ms(100)));
        assert_eq!(
            hinted(60 * SECOND + Duration::from_nanos(1)),
            Err(GiveUp::Hint)
        );
        assert_eq!(hinted(Duration::MAX), Err(GiveUp::Hint));
    }

    #[test]
    fn r04_a_hint_does_not_change_the_delays_that_come_after_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = Retry::start(&policy);

        let _ = retry.after_failure(Class::transient().after(50 * SECOND), None);

        assert_eq!(fail(&mut retry), Ok(ms(200)));
    }

    #[test]
    fn r09_an_open_circuit_ends_the_call_by_default() {
        let policy = build(&exact());
        let open = open_for(Some(SECOND));

        let after_failure = Retry::start(&policy).after_failure(Class::transient(), Some(&open));
        let after_rejection = Retry::start(&policy).after_rejection(&open);

        assert_eq!(after_failure, Err(GiveUp::CircuitOpen));
        assert_eq!(after_rejection, Err(GiveUp::CircuitOpen));
    }

    #[test]
    fn r09_a_wait_for_the_circuit_is_the_longer_of_delay_and_retry_after_and_the_first_delay() {
        let policy = build(&exact().base_delay(ms(100)).when_open(WhenOpen::Wait));
        let mut retry = Retry::start(&policy);
        let mut rejected = |wait| retry.after_rejection(&open_for(Some(ms(wait))));

        assert_eq!(rejected(5_000), Ok(ms(5_100)));
        assert_eq!(rejected(150), Ok(ms(300)), "the second delay is 200 ms");
        assert_eq!(rejected(0), Ok(ms(500)), "the third delay is 400 ms");
    }

    #[test]
    fn r09_a_wait_for_the_circuit_uses_one_retry() {
        let policy = build(&exact().max_retries(2).when_open(WhenOpen::Wait));
        let mut retry = Retry::start(&policy);
        let open = open_for(Some(SECOND));

        let granted = (0..5)
            .take_while(|_| retry.after_rejection(&open).is_ok())
            .count();

        assert_eq!(granted, 2);
        assert_eq!(retry.attempt_number(), 3);
    }

    #[test]
    fn r09_a_circuit_that_opens_again_nobody_knows_when_is_not_waited_for() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let open = open_for(None);

        let after_failure = Retry::start(&policy).after_failure(Class::transient(), Some(&open));
        let after_rejection = Retry::start(&policy).after_rejection(&open);

        assert_eq!(after_failure, Err(GiveUp::CircuitOpen));
        assert_eq!(after_rejection, Err(GiveUp::CircuitOpen));
    }

    #[test]
    fn r09_an_error_that_is_not_retried_is_not_retried_by_waiting_either() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let open = open_for(Some(SECOND));

        let next = Retry::start(&policy).after_failure(Class::permanent(), Some(&open));

        assert_eq!(next, Err(GiveUp::NotRetryable));
    }

    #[test]
    fn r04_a_hint_is_a_floor_under_a_wait_for_the_circuit_too() {
        let policy = build(&exact().base_delay(ms(100)).when_open(WhenOpen::Wait));
        let class = Class::throttled().after(50 * SECOND);

        let next = Retry::start(&policy).after_failure(class, Some(&open_for(Some(SECOND))));

        let delay = next.expect("both fit");
        assert!(
            delay >= 50 * SECOND,
            "asked to stay away for 50 s, back after {delay:?}"
        );
    }

    #[test]
    fn r04_a_hint_beyond_max_hint_ends_a_call_that_would_wait_for_the_circuit_too() {
        let policy = build(&exact().when_open(WhenOpen::Wait));
        let class = Class::throttled().after(61 * SECOND);

        let next = Retry::start(&policy).after_failure(class, Some(&open_for(Some(SECOND))));

        assert_eq!(next, Err(GiveUp::Hint));
    }

    #[test]
    fn r10_a_call_that_has_not_failed_has_read_no_clock_unless_a_limit_needs_its_start() {
        let without = RetryPolicy::DEFAULT;
        let with = build(&RetryPolicy::builder().max_elapsed(SECOND));

        assert_eq!(Retry::start(&without).started_at(), None);
        assert!(Retry::start(&with).started_at().is_some());
        assert!(Retry::start(&without).timed().started_at().is_some());
    }

    #[test]
    fn r12_the_driver_knows_the_number_of_the_attempt_and_the_delay_before_it() {
        let policy = build(&exact().base_delay(ms(100)));
        let mut retry = Retry::start(&policy);
        assert_eq!((retry.attempt_number(), retry.last_delay()), (1, ms(0)));

        for (number, delay) in [(2, 100), (3, 200), (4, 400)] {
            let granted = fail(&mut retry);

            assert_eq!(granted, Ok(ms(delay)));
            assert_eq!(retry.attempt_number(), number);
            assert_eq!(retry.last_delay(), ms(delay));
        }
    }

    #[test]
    fn r03_a_delay_that_no_runtime_can_wait_for_ends_an_async_call() {
        let policy = build(&exact());
        let at_once = build(&exact().base_delay(Duration::ZERO));

        assert_eq!(fail(&mut Retry::start_async(&policy)), Err(GiveUp::NoTimer));
        assert_eq!(fail(&mut Retry::start_async(&at_once)), Ok(ms(0)));
        assert_eq!(fail(&mut Retry::start(&policy)), Ok(ms(100)));
    }
}

/// What depends on the time that has passed, on a clock that the test moves.
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

        let mut in_time = Retry::start(&policy);
        advance(ms(899)).await;
        assert_eq!(fail(&mut in_time), Ok(ms(100)));

        let mut too_late = Retry::start(&policy);
        advance(ms(900)).await;
        assert_eq!(fail(&mut too_late), Err(GiveUp::Elapsed));
    }

    #[tokio::test(start_paused = true)]
    async fn r05_a_call_that_is_over_its_limit_ends_even_with_no_delay() {
        let policy = build(&exact().base_delay(Duration::ZERO).max_elapsed(SECOND));
        let mut retry = Retry::start(&policy);

        advance(ms(999)).await;
        assert_eq!(fail(&mut retry), Ok(Duration::ZERO));
        advance(ms(1)).await;
        assert_eq!(fail(&mut retry), Err(GiveUp::Elapsed));
    }

    #[tokio::test(start_paused = true)]
    async fn r05_the_limit_counts_from_the_calls_own_start() {
        let policy = limited(SECOND);
        advance(10 * SECOND).await;

        let mut retry = Retry::start(&policy);

        assert_eq!(fail(&mut retry), Ok(ms(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn r04_a_hint_that_is_not_below_the_time_left_ends_the_call() {
        let policy = limited(10 * SECOND);
        let hinted =
            |hint| Retry::start(&policy).after_failure(Class::throttled().after(ms(hint)), None);

        assert_eq!(hinted(9_899), Ok(ms(9_999)));
        assert_eq!(hinted(10_000), Err(GiveUp::Hint));
        assert_eq!(
            hinted(9_900),
            Err(GiveUp::Elapsed),
            "below it, but with the first delay it would reach the end"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn r04_the_time_left_of_a_hint_is_what_the_attempts_left_over() {
        let policy = limited(10 * SECOND);
        let mut retry = Retry::start(&policy);
        advance(6 * SECOND).await;

        let next = retry.after_failure(Class::throttled().after(4 * SECOND), None);

        assert_eq!(next, Err(GiveUp::Hint));
    }

    #[tokio::test(start_paused = true)]
    async fn r09_a_wait_for_the_circuit_that_does_not_fit_into_the_time_left_is_not_begun() {
        let settings = exact().base_delay(ms(100)).max_elapsed(10 * SECOND);
        let policy = build(&settings.when_open(WhenOpen::Wait));
        let rejected = |wait| Retry::start(&policy).after_rejection(&open_for(Some(ms(wait))));

        assert_eq!(rejected(9_899), Ok(ms(9_999)));
        assert_eq!(rejected(9_900), Err(GiveUp::CircuitOpen));
    }

    #[tokio::test(start_paused = true)]
    async fn r03_a_delay_in_a_runtime_can_be_waited_for() {
        let policy = build(&exact());

        let next = fail(&mut Retry::start_async(&policy));

        assert_eq!(next, Ok(ms(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn row_r06_the_limit_ends_a_call_whose_second_attempt_was_slow() {
        let policy = build(&exact().base_delay(Duration::ZERO).max_elapsed(ms(100)));
        let mut retry = Retry::start(&policy);

        let first = fail(&mut retry);
        advance(ms(120)).await;
        let second = fail(&mut retry);

        assert_eq!(first, Ok(Duration::ZERO));
        assert_eq!(second, Err(GiveUp::Elapsed));
        assert_eq!(retry.attempt_number(), 2);
    }
}
