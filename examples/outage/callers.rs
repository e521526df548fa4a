//! The three strategies, which make the same calls.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilient::breaker::CircuitState;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::known::{KnownStock, Stock};
use crate::schedule::{Schedule, Spell};
use crate::server;
use crate::view::View;
use crate::wire::Port;
use crate::{Inventory, StockError};

pub(crate) const CALLS: u32 = 400;
/// The interval between two calls. A call starts on time even if earlier calls are still running,
/// so slow responses do not reduce the load.
pub(crate) const BETWEEN_CALLS: Duration = Duration::from_millis(25);

/// How a shop calls the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// One attempt without a time limit, which is also the default of reqwest.
    Bare,
    /// A loop as many programs have it.
    Naive,
    /// The function with the attributes.
    Protected,
}

pub(crate) const NAIVE_RETRIES: u32 = 3;
pub(crate) const NAIVE_DELAY: Duration = Duration::from_millis(100);
/// Equal to the `attempt_timeout` of the attributes.
pub(crate) const NAIVE_TIMEOUT: Duration = Duration::from_millis(250);

impl Inventory {
    async fn bare_stock(&self, article: &str) -> Result<Stock, StockError> {
        let pieces = self.server.ask(article).await?;
        Ok(self.known.remember(article, pieces))
    }

    async fn naive_stock(&self, article: &str) -> Result<Stock, StockError> {
        let mut retries = 0;
        loop {
            let result = match timeout(NAIVE_TIMEOUT, self.bare_stock(article)).await {
                Ok(result) => result,
                Err(elapsed) => Err(io::Error::from(elapsed).into()),
            };
            if result.is_ok() || retries == NAIVE_RETRIES {
                return result;
            }
            retries += 1;
            sleep(NAIVE_DELAY).await;
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The server's response.
    Fresh,
    /// The last known value, from the fallback.
    Old,
    Error {
        /// Whether the fallback of the attributes would have had a value.
        is_known: bool,
    },
}

/// The outcome of one call, retries included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// When the call started, from the beginning of the demonstration.
    pub(crate) start: Duration,
    pub(crate) wait: Duration,
    pub(crate) ending: Ending,
}

/// The outcome of ten seconds with one strategy.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) strategy: Strategy,
    /// The calls in the order in which they started.
    pub(crate) calls: Vec<Call>,
    /// When an attempt reached the server or was refused by it.
    pub(crate) attempts: Vec<Duration>,
    /// When the circuit changed its state, and to which one. Only the attributes have a circuit.
    pub(crate) transitions: Vec<(Duration, CircuitState)>,
}

impl Tally {
    /// Returns the number of attempts while the server was slow, hung or was down.
    pub(crate) fn load_on_sick_server(&self) -> usize {
        self.attempts.iter().filter(|at| Spell::at(**at).is_sick()).count()
    }
}

/// Calls a separate server for ten seconds with one strategy, and returns the outcome.
pub(crate) async fn run(
    strategy: Strategy,
    port: Port,
    schedule: &Arc<Schedule>,
    view: &View,
) -> io::Result<Tally> {
    let clock = schedule.clock;
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let inventory = Arc::new(Inventory {
        server: port.wire(clock, Arc::clone(&attempts)),
        known: KnownStock::default(),
        view: view.clone(),
    });
    let mut servers = JoinSet::new();
    servers.spawn(server::serve(port, Arc::clone(schedule)));
    let mut running = JoinSet::new();
    for number in 0..CALLS {
        clock.sleep_until(number * BETWEEN_CALLS).await;
        running.spawn(call(
            strategy,
            Arc::clone(&inventory),
            schedule.article(number),
            view.clone(),
        ));
    }
    let mut calls = running.join_all().await;
    calls.sort_by_key(|call| call.start);
    // A server serves until it is stopped, or until it reports an error.
    if let Some(Ok(ended)) = servers.try_join_next() {
        ended?;
    }
    let attempts = std::mem::take(&mut *attempts.lock().unwrap_or_else(PoisonError::into_inner));
    let transitions = if strategy == Strategy::Protected { view.transitions() } else { Vec::new() };
    Ok(Tally { strategy, calls, attempts, transitions })
}

async fn call(
    strategy: Strategy,
    inventory: Arc<Inventory>,
    article: &'static str,
    view: View,
) -> Call {
    let start = view.clock().elapsed();
    let result = match strategy {
        Strategy::Bare => inventory.bare_stock(article).await,
        Strategy::Naive => inventory.naive_stock(article).await,
        Strategy::Protected => inventory.stock(article).await,
    };
    let ending = match &result {
        Ok(stock) if stock.age.is_none() => Ending::Fresh,
        Ok(_) => Ending::Old,
        Err(_) => Ending::Error { is_known: inventory.known.last(article).is_some() },
    };
    if strategy == Strategy::Protected {
        view.ended(ending, result.err().as_ref());
    }
    Call { start, wait: view.clock().elapsed().saturating_sub(start), ending }
}
