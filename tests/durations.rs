//! The feature `metrics` measures the durations of calls while the program wants them. This file is
//! a separate program, because the switch is one for the process.

use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy, circuit_breaker, retry};

/// Returns the durations in seconds that `code` records on this thread, by breaker. Durations of
/// other tests go to other recorders.
fn recorded(code: impl FnOnce()) -> Vec<(String, Vec<f64>)> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, code);
    let series = recorder.snapshotter().snapshot().into_vec().into_iter();
    let series = series.filter_map(|(key, _, _, value)| {
        let DebugValue::Histogram(times) = value else { return None };
        assert_eq!(key.key().name(), "resilient.breaker.duration");
        let labels: Vec<_> = key.key().labels().collect();
        let [breaker] = labels[..] else { panic!("{labels:?}") };
        assert_eq!(breaker.key(), "breaker");
        Some((breaker.value().to_owned(), times.into_iter().map(f64::from).collect()))
    });
    let mut series: Vec<_> = series.collect();
    series.sort_by(|a, b| a.0.cmp(&b.0));
    series
}

fn expected(rows: &[(&str, &[f64])]) -> Vec<(String, Vec<f64>)> {
    rows.iter().map(|(name, times)| ((*name).to_owned(), times.to_vec())).collect()
}

/// Runs calls on a paused clock.
fn run<F: Future>(calls: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(calls)
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[circuit_breaker(name = "durations::alone", key = shard)]
async fn alone(shard: u32, seconds: u64) -> Option<u32> {
    pass(seconds).await;
    Some(shard)
}

#[retry(max_retries = 1, base_delay = "9s", jitter = none)]
#[circuit_breaker(name = "durations::retried")]
async fn retried(seconds: u64) -> Option<()> {
    pass(seconds).await;
    None
}

#[circuit_breaker(name = "durations::plain")]
fn plain() -> Option<u32> {
    Some(1)
}

#[test]
fn durations_are_measured_by_breaker_while_they_are_on() {
    let calls = || {
        run(async {
            alone(1, 2).await;
            alone(2, 3).await;
            retried(4).await;
            // A cancelled call has no duration.
            assert!(tokio::time::timeout(Duration::from_secs(1), alone(1, 5)).await.is_err());

            let breaker = CircuitBreaker::new("durations::hand", BreakerConfig::default());
            let policy = RetryPolicy::DEFAULT;
            let call = policy.call().through(&breaker).run(async |_| {
                pass(6).await;
                Some(())
            });
            assert_eq!(call.await, Some(()));
            let permit = breaker.try_acquire().unwrap();
            permit.within(pass(7)).await;
            let limited = policy.call().attempt_timeout(Duration::from_secs(60)).through(&breaker);
            let limited = limited.run(async |_| {
                pass(8).await;
                Ok::<_, Fault>(())
            });
            assert_eq!(limited.await, Ok(()));
        });
        assert_eq!(plain(), Some(1));
        let breaker = CircuitBreaker::new("durations::scope", BreakerConfig::default());
        let permit = breaker.try_acquire().unwrap();
        assert_eq!(permit.scope(|| 1), 1);
    };

    assert_eq!(recorded(calls), expected(&[]), "off at first");
    Registry::measure_durations(true);
    let on = recorded(calls);
    Registry::measure_durations(false);
    assert_eq!(recorded(calls), expected(&[]), "off again");

    // Plain functions run in real time.
    let is_plain = |name: &str| ["durations::plain", "durations::scope"].contains(&name);
    let (plain, asynchronous): (Vec<_>, Vec<_>) =
        on.into_iter().partition(|(name, _)| is_plain(name));
    let rows: &[(&str, &[f64])] = &[
        ("durations::alone", &[2.0, 3.0]),
        ("durations::hand", &[6.0, 7.0, 8.0]),
        ("durations::retried", &[4.0, 4.0]),
    ];
    assert_eq!(asynchronous, expected(rows));
    assert_eq!(plain.len(), 2);
    for (name, times) in plain {
        assert!(times.len() == 1 && times[0] < 10.0, "{name}: {times:?}");
    }
}

#[derive(Debug, PartialEq)]
struct Fault;

impl From<resilient::CircuitOpen> for Fault {
    fn from(_: resilient::CircuitOpen) -> Self {
        Self
    }
}

impl From<resilient::TimedOut> for Fault {
    fn from(_: resilient::TimedOut) -> Self {
        Self
    }
}
