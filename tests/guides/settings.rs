//! The numbers and the code of `docs/settings.md`, and the breaker itself on chance.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState};
use resilient::{BreakerConfig, CircuitBreaker, ConfigError, Outcome};

// excerpt: defaults
#[test]
fn the_defaults_written_out_are_the_defaults() {
    use resilient::BreakerConfig;
    use resilient::breaker::AbandonedOutcome;
    use std::time::Duration;

    let written_out = BreakerConfig::builder()
        .failure_threshold(5)
        .failure_span(Duration::ZERO)
        .recovery_time(Duration::from_secs(30))
        .recovery_factor(1.0)
        .max_recovery_time(Duration::from_secs(600))
        .recovery_jitter(0.0)
        .half_open_max_calls(1)
        .half_open_successes(1)
        .half_open_failures(0)
        .probe_timeout(Duration::from_secs(30))
        .abandoned(AbandonedOutcome::Ignore)
        .remember_errors(true)
        .max_keys(10_000);
    assert_eq!(written_out.build().unwrap(), BreakerConfig::default());
}
// end excerpt

fn rate() -> BreakerConfigBuilder {
    BreakerConfig::builder().window(Duration::from_secs(60)).failure_rate(0.5)
}

fn long(seconds: u64) -> BreakerConfigBuilder {
    BreakerConfig::builder().recovery_time(Duration::from_secs(seconds))
}

#[test]
fn some_defaults_depend_on_other_settings() -> Result<(), ConfigError> {
    assert_eq!(rate().window_buckets(10).min_calls(10).build()?, rate().build()?);
    assert_ne!(rate().failure_threshold(5).build()?, rate().build()?);
    let calls = || BreakerConfig::builder().window(4).failure_rate(0.5);
    assert_eq!(calls().min_calls(4).build()?, calls().build()?);
    assert!(calls().min_calls(5).build().is_err() && calls().failure_count(5).build().is_err());
    let longest = long(700).max_recovery_time(Duration::from_secs(700));
    assert_eq!(longest.probe_timeout(Duration::from_secs(600)).build()?, long(700).build()?);
    Ok(())
}

#[test]
fn the_ends_of_the_ranges_are_as_the_table_says() {
    let calls = |window: u32| BreakerConfig::builder().window(window);
    let probes = |probes| long(1).half_open_max_calls(probes).half_open_successes(probes);
    for (good, bad) in [
        (calls(1), calls(0)),
        (calls(1_000_000), calls(1_000_001)),
        (rate().window_buckets(1_000), rate().window_buckets(1_001)),
        (rate().failure_rate(1.0), rate().failure_rate(0.0)),
        (rate().min_calls(1), rate().min_calls(0)),
        (long(0), long(9).max_recovery_time(Duration::from_secs(8))),
        (long(1).recovery_jitter(1.0), long(1).recovery_jitter(1.1)),
        (long(1).recovery_factor(1.0), long(1).recovery_factor(0.9)),
        (probes(1_024), probes(1_025)),
        (long(1).max_keys(1_000_000), long(1).max_keys(1_000_001)),
        (
            rate().slow_call(Duration::from_secs(1)).slow_call_rate(0.5),
            rate().slow_call(Duration::from_secs(1)),
        ),
    ] {
        assert!(good.build().is_ok(), "{good:?}");
        assert!(bad.build().is_err(), "{bad:?}");
    }
}

// excerpt: three_places
use resilient::{circuit_breaker, timeout};

#[circuit_breaker(name = "fx", window = "1m", failure_rate = 0.5, recovery_time = "10s")]
#[timeout("2s")]
async fn rates() -> Option<f64> {
    Some(1.08)
}

fn by_hand() -> Result<resilient::BreakerConfig, resilient::ConfigError> {
    let config = resilient::BreakerConfig::builder().window("1m").failure_rate(0.5);
    config.recovery_time("10s").build()
}

const BY_AN_OPERATOR: &str = r#"
    [breakers.fx]
    window = "1m"
    failure_rate = "50%"
    recovery_time = "10s"
"#;
// end excerpt

#[tokio::test]
async fn attribute_builder_and_file_mean_the_same() {
    rates().await;
    let by_attribute = resilient::Registry::global().get("fx").unwrap();
    assert_eq!(by_attribute.config(), by_hand().unwrap());
    let by_hand = by_hand().unwrap();
    let rate = rate().recovery_time(Duration::from_secs(10));
    assert_eq!(by_hand, rate.build().unwrap());

    #[cfg(feature = "toml")]
    {
        let registry = resilient::Registry::new();
        let plain = registry.get_or_register("fx", BreakerConfig::default());
        registry.apply_toml(BY_AN_OPERATOR).unwrap();
        assert_eq!(plain.config(), by_hand);
    }
    #[cfg(not(feature = "toml"))]
    let _ = BY_AN_OPERATOR;
}

// excerpt: streak
/// Returns the average number of calls until `n` in a row fail.
fn until_streak(p: f64, n: i32) -> f64 {
    (p.powi(-n) - 1.0) / (1.0 - p)
}
// end excerpt

#[test]
fn the_table_of_streaks_is_right() {
    for (p, n, calls) in [
        (0.001, 3, 1e9),
        (0.001, 5, 1e15),
        (0.01, 3, 1.01e6),
        (0.01, 5, 1.01e10),
        (0.05, 3, 8_400.0),
        (0.05, 8, 2.7e10),
        (0.1, 3, 1_110.0),
        (0.1, 5, 111_000.0),
        (0.1, 8, 1.1e8),
        (0.2, 3, 155.0),
        (0.2, 5, 3_900.0),
        (0.2, 8, 490_000.0),
        // How soon an outage is noticed.
        (0.9, 5, 7.0),
        (0.5, 5, 62.0),
        (0.3, 5, 586.0),
        // At 100 calls a second: nine hours, three years, 19 minutes.
        (0.05, 5, 9.36 * 3600.0 * 100.0),
        (0.01, 5, 3.2 * 365.25 * 86_400.0 * 100.0),
        (0.1, 5, 18.5 * 60.0 * 100.0),
    ] {
        let found = until_streak(p, n);
        assert!((found / calls - 1.0).abs() < 0.02, "{p} {n}: {found}");
    }
    assert!((until_streak(0.05, 5) - 3_368_420.0).abs() < 0.5);
}

/// Returns the average number of calls between two openings, if calls fail with probability `p`.
fn calls_per_opening(config: BreakerConfig, p: f64, calls: u32) -> f64 {
    let breaker = CircuitBreaker::new("chance", config);
    let mut random = fastrand::Rng::with_seed(1);
    let mut openings = 0;
    for _ in 0..calls {
        let outcome = if random.f64() < p { Outcome::Failure } else { Outcome::Success };
        breaker.try_acquire().unwrap().report(outcome);
        if breaker.state() != CircuitState::Closed {
            openings += 1;
            breaker.close();
        }
    }
    f64::from(calls) / f64::from(openings)
}

#[test]
fn the_breaker_opens_by_chance_as_often_as_the_formula_for_streaks_says() {
    let config = BreakerConfig::builder().failure_threshold(3).build().unwrap();
    let times = calls_per_opening(config, 0.1, 300_000) / until_streak(0.1, 3);
    assert!((times - 1.0).abs() < 0.15, "{times}");
}

// excerpt: span
#[test]
fn fifty_calls_that_fail_at_once_do_not_open_the_circuit() {
    use resilient::breaker::CircuitState;
    use resilient::time::ManualClock;
    use resilient::{BreakerConfig, CircuitBreaker, Outcome};
    use std::time::Duration;

    let config = BreakerConfig::builder().failure_threshold(10).failure_span("3s");
    let clock = ManualClock::new();
    let config = config.build().unwrap();
    let breaker = CircuitBreaker::with_clock("payments", config, clock.clone());
    let fail = || breaker.try_acquire().unwrap().report(Outcome::Failure);

    (0..50).for_each(|_| fail()); // 50 calls lose their connection at the same moment
    assert_eq!(breaker.state(), CircuitState::Closed);
    clock.advance(Duration::from_secs(3));
    fail(); // nothing has succeeded for three seconds
    assert_eq!(breaker.state(), CircuitState::Open);
}
// end excerpt

// excerpt: rate
/// Returns the average number of calls between two moments at which `k` of the last `n`
/// calls have failed.
fn until_rate(p: f64, n: i32, k: i32) -> f64 {
    // C(n − 1, k − 1)
    let ways: f64 = (1..k).map(|i| f64::from(n - i) / f64::from(i)).product();
    1.0 / (ways * p.powi(k) * (1.0 - p).powi(n - k + 1))
}

/// Returns the probability that half or more of the first calls, from `min_calls` up to
/// `n`, have failed.
fn at_the_start(p: f64, n: usize, min_calls: usize) -> f64 {
    let (mut with_failures, mut opened) = (vec![0.0; n + 1], 0.0);
    with_failures[0] = 1.0;
    for calls in 1..=n {
        for failures in (0..=calls).rev() {
            let one_fewer = if failures > 0 { with_failures[failures - 1] } else { 0.0 };
            with_failures[failures] = with_failures[failures] * (1.0 - p) + one_fewer * p;
        }
        if calls >= min_calls {
            for each in &mut with_failures[calls.div_ceil(2)..] {
                opened += std::mem::take(each);
            }
        }
    }
    opened
}
// end excerpt

#[test]
fn the_table_of_rates_is_right() {
    for (p, n, k, calls) in [
        (0.01, 20, 10, 1e15),
        (0.05, 20, 10, 2e8),
        (0.1, 20, 10, 345_000.0),
        (0.2, 20, 10, 1_200.0),
        (0.05, 50, 25, 2e19),
        (0.1, 50, 25, 2.4e12),
        (0.2, 50, 25, 1.6e6),
        (0.1, 100, 50, 4e23),
        (0.2, 100, 50, 1.5e11),
        (0.05, 100, 25, 2.7e11),
        (0.1, 100, 25, 500_000.0),
        (0.2, 100, 25, 114.0),
        (0.01, 100, 20, 2e20),
        (0.05, 100, 20, 6e7),
        (0.1, 100, 20, 4_700.0),
        (0.2, 100, 20, 63.0),
    ] {
        let found = until_rate(p, n, k);
        assert!((found / calls - 1.0).abs() < 0.23, "{p} {n} {k}: {found}");
    }
}

#[test]
fn the_table_of_min_calls_is_right() {
    for (p, min_calls, percent) in [
        (0.01, 5, 0.002),
        (0.05, 5, 0.23),
        (0.1, 5, 1.7),
        (0.2, 5, 12.0),
        (0.05, 10, 0.0066),
        (0.1, 10, 0.18),
        (0.2, 10, 3.9),
        (0.1, 20, 0.0008),
        (0.2, 20, 0.32),
        (0.2, 50, 0.00026),
    ] {
        let found = 100.0 * at_the_start(p, 100, min_calls);
        assert!((found / percent - 1.0).abs() < 0.15, "{p} {min_calls}: {found}");
    }
    for (p, min_calls) in [(0.01, 10), (0.01, 20), (0.05, 20), (0.1, 50)] {
        assert!(at_the_start(p, 100, min_calls) < 1e-7, "{p} {min_calls}");
    }
}

#[test]
fn the_breaker_opens_by_chance_at_most_twice_as_seldom_as_the_formula_for_rates_says() {
    for (n, rate, k, p, calls) in [(20, 0.5, 10, 0.2, 400_000), (100, 0.2, 20, 0.1, 800_000)] {
        let config = BreakerConfig::builder().window(n).failure_rate(rate).min_calls(20);
        let per_opening = calls_per_opening(config.build().unwrap(), p, calls);
        let times = per_opening / until_rate(p, n.try_into().unwrap(), k);
        assert!((1.0..2.0).contains(&times), "{n} {rate}: {times}");
    }
}

// excerpt: count
/// Returns the probability of `count` or more failures if `mean` are expected.
fn count_or_more(mean: f64, count: u32) -> f64 {
    let mut term = (-mean).exp();
    let mut fewer = 0.0;
    for i in 0..count {
        fewer += term;
        term *= mean / f64::from(i + 1);
    }
    1.0 - fewer
}
// end excerpt

#[test]
fn the_probabilities_of_twenty_failures_are_right() {
    // 10 calls a second, a window of a minute, 1% of failures.
    assert!(count_or_more(10.0 * 60.0 * 0.01, 20) < 0.000_006);
    assert!(count_or_more(6.0, 20) > 0.000_005);
    assert!((count_or_more(12.0, 20) - 0.021).abs() < 0.001);
    assert!((count_or_more(18.0, 20) - 0.35).abs() < 0.005);
}

// excerpt: recovery
/// Returns the number of probes that fail in an outage of `outage` seconds.
fn failed_probes(mut open: f64, factor: f64, most: f64, outage: f64) -> u32 {
    let (mut at, mut probes) = (open, 0);
    while at < outage {
        probes += 1;
        open = (open * factor).min(most);
        at += open;
    }
    probes
}

#[test]
fn a_growing_recovery_time_saves_most_probes_of_an_outage_of_an_hour() {
    assert_eq!(failed_probes(30.0, 1.0, 600.0, 3600.0), 119);
    assert_eq!(failed_probes(30.0, 2.0, 300.0, 3600.0), 14);
}
// end excerpt

// excerpt: probes
/// Returns the probability that the circuit closes; `a` is that of one probe to succeed.
fn closes(m: i32, f: i32, a: f64) -> f64 {
    let (mut ways, mut sum) = (1.0, 0.0); // C(m − 1 + j, j)
    for j in 0..=f {
        sum += ways * a.powi(m) * (1.0 - a).powi(j);
        ways *= f64::from(m + j) / f64::from(j + 1);
    }
    sum
}
// end excerpt

#[test]
fn the_table_of_probes_is_right() {
    for (m, f, expected) in [
        (1, 0, [50.0, 80.0, 90.0, 99.0]),
        (3, 0, [13.0, 51.0, 73.0, 97.0]),
        (3, 1, [31.0, 82.0, 95.0, 99.9]),
        (5, 2, [23.0, 85.0, 97.0, 99.997]),
        (10, 3, [5.0, 75.0, 97.0, 100.0]),
    ] {
        for (a, percent) in [0.5, 0.8, 0.9, 0.99].into_iter().zip(expected) {
            let found = closes(m, f, a) * 100.0;
            assert!((found - percent).abs() < 0.51, "{m} {f} {a}: {found}");
        }
    }
    assert!((closes(5, 2, 0.5) - 0.227).abs() < 0.001);
    assert!((closes(5, 2, 0.99) * 100.0 - 99.997).abs() < 0.0006);
    assert!((closes(3, 1, 0.99) * 100.0 - 99.9).abs() < 0.06);
}

// excerpt: texts
use resilient::{CircuitOpen, Classification, Classify, Registry};

#[derive(Debug, Classify)]
enum FetchError {
    #[classify(with = by_status)]
    Status(Status),
    #[circuit_open]
    Open(CircuitOpen),
}

#[derive(Debug)]
struct Status {
    code: u16,
    url: String,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: status {}", self.url, self.code)
    }
}

fn by_status(status: &Status) -> Classification {
    Classification::transient().with_text(format_args!("status {}", status.code))
}

#[circuit_breaker(name = "prices with a key")]
fn price(url: String) -> Result<u32, FetchError> {
    // Ask the price service here.
    Err(FetchError::Status(Status { code: 503, url }))
}

#[test]
fn a_breaker_remembers_the_text_of_the_class_without_the_url() {
    price("https://example.com/?token=secret".to_owned()).unwrap_err();
    let breaker = Registry::global().get("prices with a key").unwrap();
    let last = breaker.snapshot().last_failures[0];
    assert_eq!(last.text().unwrap().as_str(), "status 503");
}
// end excerpt
