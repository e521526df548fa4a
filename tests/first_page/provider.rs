//! A payment provider that misbehaves as a test asks, and records what it received.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use resilient::{CircuitBreaker, Registry, RetryBudget};
use resilient_testkit::{ms, panic_quietly};
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::{PayError, charge};

/// What the provider does with a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Works,
    /// Responds after this number of milliseconds.
    Responds(u64),
    /// Never responds.
    Hangs,
    Refuses,
    /// Works for every request of this number, and refuses the others.
    WorksEvery(usize),
    Declines,
    Panics,
}

/// What the provider has received since the test began.
#[derive(Debug, Default)]
struct Ledger {
    mood: Mood,
    /// The instant of each request.
    requests: Vec<Instant>,
    /// The number of requests with each key.
    by_key: HashMap<String, usize>,
}

static LEDGER: LazyLock<Mutex<Ledger>> = LazyLock::new(Mutex::default);

/// The example has one circuit breaker and one budget for the whole process.
static ONE_TEST_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Receives the requests of the example.
pub(crate) async fn send(key: &str, cents: u64) -> Result<String, PayError> {
    let (mood, number) = {
        let mut ledger = LEDGER.lock().unwrap();
        ledger.requests.push(Instant::now());
        *ledger.by_key.entry(key.to_owned()).or_default() += 1;
        (ledger.mood, ledger.requests.len())
    };
    match mood {
        Mood::Responds(after) => tokio::time::sleep(ms(after)).await,
        Mood::Hangs => std::future::pending().await,
        Mood::Refuses => return Err(PayError::NoResponse),
        Mood::WorksEvery(period) if number % period != 0 => return Err(PayError::NoResponse),
        Mood::Works | Mood::WorksEvery(_) => {}
        Mood::Declines => return Err(PayError::Declined),
        Mood::Panics => panic_quietly(),
    }
    Ok(format!("{cents} cents"))
}

/// The provider during one test. Other tests wait until it is dropped.
pub(crate) struct Provider {
    ledger: &'static Mutex<Ledger>,
    _turn: MutexGuard<'static, ()>,
}

impl Provider {
    /// Returns a provider with a closed circuit and a full budget.
    pub(crate) async fn with(mood: Mood) -> Self {
        let turn = ONE_TEST_AT_A_TIME.lock().await;
        *LEDGER.lock().unwrap() = Ledger::default();
        // The first call creates the breaker. It is rejected if the test before opened the circuit.
        charge("first", 1).await.ok();
        breaker().close();
        while budget().tokens() < budget().config().capacity() {
            charge("more", 1).await.unwrap();
        }
        breaker().close();
        *LEDGER.lock().unwrap() = Ledger { mood, ..Ledger::default() };
        Self { ledger: &LEDGER, _turn: turn }
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        self.ledger.lock().unwrap().mood = mood;
    }

    pub(crate) fn requests(&self) -> usize {
        self.ledger.lock().unwrap().requests.len()
    }

    /// Returns the time between each request and the next one.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.ledger.lock().unwrap().requests.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Returns the number of requests for each key.
    pub(crate) fn requests_by_key(&self) -> HashMap<String, usize> {
        self.ledger.lock().unwrap().by_key.clone()
    }
}

pub(crate) fn breaker() -> CircuitBreaker {
    Registry::global().get("payments").expect("the example was called")
}

pub(crate) fn budget() -> RetryBudget {
    Registry::global().budget("payments").expect("the example was called")
}
