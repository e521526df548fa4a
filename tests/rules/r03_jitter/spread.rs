//! Rule R3: jittered delays follow the documented distributions.

use resilient_testkit::{Fault, ms, poll_once};
use std::task::Poll;
use std::time::Duration;

use resilient::retries::{Backoff, Jitter, RetryPolicyBuilder};
use resilient::{Classification, RetryPolicy};
use tokio::runtime::Builder;

use crate::support::retry::{SECOND, at_once, breaker, build, exact, fail, fail_through};

#[tokio::test(start_paused = true)]
async fn r03_full_jitter_is_the_default() {
    let nominal = [100, 200, 400].map(ms);
    let mut in_the_lower_half = 0;
    for seed in 0..100 {
        let policy = build(&RetryPolicy::builder().seed(seed));

        let course = fail(&policy, Classification::transient()).await;

        for (delay, nominal) in course.delays.into_iter().zip(nominal) {
            // tokio's timer rounds up to a millisecond.
            assert!(delay <= nominal, "{delay:?} of {nominal:?}");
            in_the_lower_half += u32::from(delay < nominal / 2);
        }
    }
    assert!(
        (100..=200).contains(&in_the_lower_half),
        "{in_the_lower_half} of 300 delays are in the lower half"
    );
}

#[tokio::test(start_paused = true)]
async fn r03_calls_with_one_seed_have_the_same_delays() {
    for jitter in [
        Jitter::Full,
        Jitter::Equal,
        Jitter::Proportional(0.5),
        Jitter::Decorrelated,
        Jitter::Smooth,
    ] {
        let settings = RetryPolicy::builder().jitter(jitter).max_retries(8);
        let policy = build(&settings.clone().seed(42));
        let other = build(&settings.seed(43));

        let first = fail(&policy, Classification::transient()).await.delays;
        let second = fail(&policy, Classification::transient()).await.delays;
        let with_another_seed = fail(&other, Classification::transient()).await.delays;

        assert_eq!(first, second, "{jitter:?}");
        assert_ne!(first, with_another_seed, "{jitter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r03_calls_without_a_seed_have_different_delays() {
    let policy = build(&RetryPolicy::builder().max_retries(8));

    let first = fail(&policy, Classification::transient()).await.delays;
    let second = fail(&policy, Classification::transient()).await.delays;

    assert_ne!(first, second);
}

#[test]
fn r03_a_proportion_is_at_most_all_of_the_delay() {
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let settings = RetryPolicy::builder().jitter(Jitter::Proportional(share));

        let error = settings.build().unwrap_err();

        assert_eq!(error.field(), "jitter", "{share}");
    }
}

#[test]
fn r03_a_jitter_with_its_own_schedule_needs_exponential_backoff_and_no_factor() {
    for jitter in [Jitter::Decorrelated, Jitter::Smooth] {
        let settings = RetryPolicy::builder().jitter(jitter);

        let with_factor = settings.clone().backoff_factor(3.0).build().unwrap_err();
        let with_linear = settings.clone().backoff(Backoff::Linear).build();

        assert!(settings.build().is_ok(), "{jitter:?}");
        assert_eq!(with_factor.field(), "backoff_factor");
        assert_eq!(with_linear.unwrap_err().field(), "jitter");
    }
}

#[test]
fn r03_a_delay_of_zero_makes_no_timer_call() {
    let without_timers = Builder::new_current_thread().build().unwrap();

    let alone = without_timers.block_on(fail(&at_once(3), Classification::transient()));
    let breaker = breaker(100);
    let through =
        without_timers.block_on(fail_through(&breaker, &at_once(3), Classification::transient()));

    assert_eq!((alone.executions, through.executions), (4, 4));
}

#[test]
fn r03_a_delay_of_zero_needs_no_runtime() {
    let breaker = breaker(100);

    let alone = poll_once(fail(&at_once(3), Classification::transient()));
    let through = poll_once(fail_through(&breaker, &at_once(3), Classification::transient()));

    assert!(matches!(alone, Poll::Ready(course) if course.executions == 4));
    assert!(matches!(through, Poll::Ready(course) if course.executions == 4));
}

#[test]
fn a_delay_without_a_runtime_ends_the_call_with_the_real_error() {
    let breaker = breaker(100);
    let policy = build(&exact());

    let alone = poll_once(fail(&policy, Classification::transient()));
    let through = poll_once(fail_through(&breaker, &policy, Classification::transient()));

    for course in [alone, through] {
        let Poll::Ready(course) = course else {
            panic!("a delay of zero does not wait");
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
    let through =
        poll_once(RetryPolicy::DEFAULT.call().through(&breaker).run(async |_| Ok::<_, Fault>(7)));

    assert_eq!(alone, Poll::Ready(Ok(7)));
    assert_eq!(through, Poll::Ready(Ok(7)));
    assert_eq!(breaker.snapshot().totals.success, 1);
}

const DRAWS: u64 = 20_000;

/// [`distance`] compares only every 20th of the sorted draws. This changes its result by at most a
/// thousandth.
const EVERY: usize = 20;

/// The limit on the result of [`distance`]. If the draws follow the distribution, the distance
/// exceeds this limit with a probability of one in ten thousand: √(ln(2 / 0.0001) / 2n).
const FAR: f64 = 0.0157;

/// Makes [`DRAWS`] calls with a base delay of one second, and returns their delays before retry `k`
/// in seconds, sorted.
fn drawn(settings: &RetryPolicyBuilder, k: u32) -> Vec<f64> {
    let settings = settings.clone().max_retries(k);
    let nth = |seed| build(&settings.clone().seed(seed)).delays().last();
    let mut drawn: Vec<_> = (0..DRAWS)
        .map(|seed| nth(seed).expect("as many delays as retries").as_secs_f64())
        .collect();
    drawn.sort_by(f64::total_cmp);
    drawn
}

/// Returns the largest distance between the draws and the distribution, from 0 to 1
/// (Kolmogorov–Smirnov).
fn distance(drawn: &[f64], below: impl Fn(f64) -> f64) -> f64 {
    let count = drawn.len() as f64;
    let farthest = |farthest: f64, (rank, x): (usize, &f64)| {
        let (expected, rank) = (below(*x), rank as f64);
        let above = ((rank + 1.0) / count - expected).abs();
        farthest.max(above).max((expected - rank / count).abs())
    };
    let compared = drawn.iter().enumerate().step_by(EVERY);
    compared.fold(0.0, farthest)
}

#[track_caller]
fn assert_drawn(settings: &RetryPolicyBuilder, k: u32, below: impl Fn(f64) -> f64) {
    let distance = distance(&drawn(settings, k), below);
    assert!(distance < FAR, "retry {k} is {distance} away");
}

fn uniform(low: f64, high: f64) -> impl Fn(f64) -> f64 {
    move |x| ((x - low) / (high - low)).clamp(0.0, 1.0)
}

fn jittered(jitter: Jitter) -> RetryPolicyBuilder {
    RetryPolicy::builder().base_delay(SECOND).max_delay(3_600 * SECOND).jitter(jitter)
}

/// Returns the `x` between `low` and `high` for which `f(x)` equals `y`. `f` must be increasing.
fn inverse(f: impl Fn(f64) -> f64, y: f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if f(middle) < y {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Computes the curve of the smooth schedule with exponentials. The published formula uses tanh.
fn curve(t: f64) -> f64 {
    let twice = (4.0 * (4.0 * t).sqrt()).exp().sqrt();
    2_f64.powf(t) * (1.0 - 2.0 / (twice + 1.0))
}

#[test]
fn r03_full_jitter_is_uniform_from_nothing_to_the_delay() {
    for (k, delay) in [(1, 1.0), (2, 2.0), (6, 32.0)] {
        assert_drawn(&jittered(Jitter::Full), k, uniform(0.0, delay));
    }
}

#[test]
fn r03_equal_jitter_is_uniform_from_half_the_delay_to_all_of_it() {
    for (k, delay) in [(1, 1.0), (2, 2.0), (6, 32.0)] {
        assert_drawn(&jittered(Jitter::Equal), k, uniform(delay / 2.0, delay));
    }
}

#[test]
fn r03_a_proportion_is_uniform_around_the_delay_up_to_the_cap() {
    let third = jittered(Jitter::Proportional(0.3));
    assert_drawn(&third, 3, uniform(2.8, 5.2));
    // The draws are uniform between the lower bound and the cap. They do not accumulate at the cap.
    assert_drawn(&third.clone().max_delay(4 * SECOND), 3, uniform(2.8, 4.0));
    assert_drawn(&third.max_delay(3 * SECOND), 3, uniform(2.1, 3.0));
    assert_drawn(&jittered(Jitter::Proportional(1.0)), 2, uniform(0.0, 4.0));
}

#[test]
fn r03_every_backoff_is_spread_alike() {
    let custom = Backoff::Custom(|_| Some(Duration::from_secs(7)));
    for (backoff, delay) in
        [(Backoff::Constant, 1.0), (Backoff::Linear, 5.0), (Backoff::Fibonacci, 5.0), (custom, 7.0)]
    {
        let settings = jittered(Jitter::Full).backoff(backoff);
        assert_drawn(&settings, 5, uniform(0.0, delay));
    }
}

#[test]
fn r03_decorrelated_delays_are_uniform_up_to_three_times_the_one_before() {
    let settings = jittered(Jitter::Decorrelated);
    assert_drawn(&settings, 2, uniform(1.0, 3.0));
    // The third delay is uniform between the base and three times the second delay. This function
    // averages that distribution over all second delays.
    assert_drawn(&settings, 3, |y| {
        if y <= 3.0 {
            (y - 1.0) / 6.0 * 4_f64.ln()
        } else {
            (y / 3.0 - 1.0) / 2.0 + (y - 1.0) / 6.0 * (8.0 / (y - 1.0)).ln()
        }
    });
    assert_drawn(&settings.max_delay(2 * SECOND), 2, uniform(1.0, 2.0));
}

#[test]
fn r03_smooth_delays_are_distributed_as_the_differences_on_their_curve() {
    let settings = jittered(Jitter::Smooth);
    assert_drawn(&settings, 1, |y| inverse(curve, 1.4 * y, 0.0, 1.0));
    for k in [2, 3] {
        let end = f64::from(k);
        // On the curve, each delay starts where the previous delay ended. This function averages
        // the distribution of the delay over all possible starts.
        assert_drawn(&settings, k, |y| {
            let before = (0..200).map(|step| end - 2.0 + (f64::from(step) + 0.5) / 200.0);
            let below =
                before.map(|t| inverse(curve, 1.4 * y + curve(t), end - 1.0, end) - (end - 1.0));
            below.sum::<f64>() / 200.0
        });
    }
}

#[test]
fn r03_smooth_delays_have_the_measured_quantiles_and_means() {
    // The columns are the median, the mean, the 1st and 99th percentile and the maximum of 200 000
    // draws of the published curve. The tolerances below are about a hundredth.
    let measured = [
        [0.899, 0.872, 0.140, 1.367, 1.377],
        [1.135, 1.158, 0.148, 2.357, 2.784],
        [2.022, 2.081, 0.282, 4.030, 4.324],
    ];
    for (k, [median, mean, first, last, longest]) in (1..).zip(measured) {
        let drawn = drawn(&jittered(Jitter::Smooth), k);
        let quantile = |percent| drawn[(drawn.len() - 1) * percent / 100];
        let average = drawn.iter().sum::<f64>() / drawn.len() as f64;
        for (what, actual, expected, tolerance) in [
            ("median", quantile(50), median, 0.02),
            ("mean", average, mean, 0.01),
            ("1st percentile", quantile(1), first, 0.1),
            ("99th percentile", quantile(99), last, 0.02),
            ("longest", quantile(100), longest, 0.04),
        ] {
            let error = (actual - expected).abs() / expected;
            assert!(error < tolerance, "{what} of {k}: {actual}, not {expected}");
        }
    }
}

#[test]
fn r03_the_distance_detects_a_wrong_distribution() {
    let drawn = drawn(&jittered(Jitter::Equal), 2);
    assert!(distance(&drawn, uniform(1.0, 2.0)) < FAR);
    // Each of these distributions has one wrong bound, off by a fiftieth of the nominal delay.
    for wrong in [uniform(0.96, 2.0), uniform(1.0, 2.04)] {
        assert!(distance(&drawn, wrong) > FAR);
    }
}

#[test]
fn r03_the_delays_of_one_call_are_independent() {
    // Each pair contains the first two delays of a call, each divided by its nominal delay.
    let settings = jittered(Jitter::Full).max_retries(2);
    let pairs: Vec<(f64, f64)> = (0..DRAWS)
        .map(|seed| {
            let policy = build(&settings.clone().seed(seed));
            let delays: Vec<_> = policy.delays().map(|delay| delay.as_secs_f64()).collect();
            (delays[0], delays[1] / 2.0)
        })
        .collect();
    let covariance = pairs.iter().map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>();
    // The variance of a uniform value is a twelfth, so the correlation is twelve times the
    // covariance. The limit is three standard errors.
    let correlation = covariance / DRAWS as f64 * 12.0;
    assert!(correlation.abs() < 3.0 / (DRAWS as f64).sqrt(), "{correlation}");
}
