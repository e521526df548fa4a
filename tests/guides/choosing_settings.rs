//! Settings that follow from three questions, as `docs/choosing-settings.md` shows them.

use resilient::breaker::CircuitState;
use resilient::{CircuitOpen, Registry, TimedOut};
use tokio::time::Instant;

// excerpt: payment
use std::io;
use std::time::Duration;

use resilient::{RetryPolicy, circuit_breaker, retry};

#[retry(
    max_retries = 1,         // two attempts of 4 s, and a delay, fit into 10 s
    attempt_timeout = "4s",  // twice the 99th percentile
    deadline = "10s",        // what the customer waits
    budget = "payments",
)]
#[circuit_breaker(name = "payments", probe_timeout = "8s")]
async fn charge(key: &str, cents: u64) -> io::Result<String> {
    provider(key, cents).await
}

/// Stands for a payment provider that hangs.
async fn provider(_key: &str, _cents: u64) -> io::Result<String> {
    std::future::pending().await
}
// end excerpt

// excerpt: worst_case
#[test]
fn the_longest_charge_fits_into_what_the_customer_waits() {
    let policy = RetryPolicy::builder().max_retries(1).build().unwrap();
    let worst = policy.worst_case();
    assert_eq!(worst.attempts(), 2);
    assert_eq!(worst.sleep(), Duration::from_millis(100));
    let longest = worst.with_attempt_timeout(Duration::from_secs(4));
    assert_eq!(longest, Duration::from_millis(8_100));
}
// end excerpt

// excerpt: read
#[retry(max_retries = 2, attempt_timeout = "100ms", deadline = "1s", budget = "orders")]
#[circuit_breaker(name = "orders", probe_timeout = "2s")] // twice the limit of `append`
async fn order(id: u64) -> io::Result<String> {
    // Read the order from the database here.
    Ok(format!("order {id}"))
}
// end excerpt

// excerpt: write
use resilient::timeout;

#[circuit_breaker(name = "orders")] // shares the breaker of `order`, and its settings
#[timeout("1s")]
async fn append(line: &str) -> io::Result<usize> {
    // Insert a row without a key here: it must not be sent twice.
    Ok(line.len())
}
// end excerpt

// excerpt: batch
#[retry(
    max_retries = 8,
    base_delay = "1s",
    attempt_timeout = "10s",
    deadline = "10m",
    when_open = wait,        // nobody waits for the result
    budget = "reports",
)]
#[circuit_breaker(name = "reports", probe_timeout = "20s")]
async fn export(day: &str) -> io::Result<usize> {
    // Send the report of the day here.
    Ok(day.len())
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn a_charge_that_hangs_takes_as_long_as_computed_and_the_fifth_attempt_opens() {
    let start = Instant::now();
    let error = charge("order-1", 100).await.unwrap_err();
    let late = TimedOut::find_in(&error).expect("it hangs");
    assert_eq!(late.attempts(), 2);
    assert!(start.elapsed() >= Duration::from_secs(8), "{:?}", start.elapsed());
    // The timer rounds up to a millisecond.
    assert!(start.elapsed() <= Duration::from_millis(8_110), "{:?}", start.elapsed());

    for _ in 0..2 {
        charge("order-1", 100).await.unwrap_err();
    }
    assert_eq!(Registry::global().get("payments").unwrap().state(), CircuitState::Open);
    assert!(start.elapsed() < Duration::from_secs(21), "five attempts: {:?}", start.elapsed());
}

#[retry(max_retries = 1, attempt_timeout = "4s", deadline = "10s")]
#[circuit_breaker(name = "five customers")]
async fn charge_as_above() -> io::Result<String> {
    provider("order-1", 100).await
}

#[tokio::test(start_paused = true)]
async fn five_customers_at_a_time_open_the_circuit_after_one_attempt() {
    let start = Instant::now();
    let calls: Vec<_> = (0..5).map(|_| tokio::spawn(charge_as_above())).collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    let breaker = Registry::global().get("five customers").unwrap();
    assert_eq!((breaker.state(), breaker.snapshot().totals.failure), (CircuitState::Open, 5));
    let rejected = charge_as_above().await.unwrap_err();
    assert!(CircuitOpen::find_in(&rejected).is_some(), "{rejected}");
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn calls_of_healthy_dependencies_succeed() {
    assert_eq!(order(7).await.unwrap(), "order 7");
    assert_eq!(append("tea").await.unwrap(), 3);
    assert_eq!(export("monday").await.unwrap(), 6);
}

/// What the rules of the guide make of three answers.
#[derive(Debug, PartialEq)]
struct Derived {
    attempt_timeout: Duration,
    deadline: Duration,
    max_retries: u32,
    base_delay: Duration,
    longest: Duration,
}

fn derive(healthy: Duration, caller_waits: Duration, may_be_repeated: bool) -> Derived {
    let deadline = caller_waits;
    let nobody_waits = caller_waits >= Duration::from_secs(60);
    let base_delay = match () {
        () if nobody_waits => Duration::from_secs(1),
        () => Duration::from_millis(100).min(caller_waits / 10),
    };
    let with = |max_retries: u32| {
        let policy = RetryPolicy::builder().max_retries(max_retries).base_delay(base_delay);
        let attempt_timeout = if max_retries == 0 { deadline } else { healthy * 2 };
        let longest = policy.build().unwrap().worst_case().with_attempt_timeout(attempt_timeout);
        Derived { attempt_timeout, deadline, max_retries, base_delay, longest }
    };
    let most = if nobody_waits { 8 } else { 3 };
    let fits = (1..=most).rev().map(with).find(|settings| settings.longest <= deadline);
    fits.filter(|_| may_be_repeated).unwrap_or_else(|| with(0))
}

#[test]
fn the_table_of_dependencies_follows_from_the_rules() {
    let page = include_str!("../../docs/choosing-settings.md");
    let (_, section) = page.split_once("\n## Typical dependencies\n").unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| !cells[4].contains("attempt_timeout"))
        .collect();
    assert_eq!(rows.len(), 8, "{rows:?}");
    let time = |cell: &str| resilient::settings::parse_duration(cell.trim_matches('`')).unwrap();
    for cells in rows {
        let [name, healthy, waits, repeat, attempt, deadline, retries, delay, longest] = cells[..]
        else {
            panic!("{cells:?}");
        };
        let expected = derive(time(healthy), time(waits), repeat.starts_with("yes"));
        let found = Derived {
            attempt_timeout: time(attempt),
            deadline: time(deadline),
            max_retries: retries.parse().unwrap(),
            base_delay: if delay == "–" { expected.base_delay } else { time(delay) },
            longest: time(longest),
        };
        assert_eq!(found, expected, "{name}");
        assert_eq!(delay == "–", expected.max_retries == 0, "{name}: no delay without a retry");
    }
}
