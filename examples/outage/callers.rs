//! The callers, which make the same load with every strategy.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::schedule::Schedule;
use crate::server::Server;
use crate::view::View;
use crate::wire::Port;
use crate::{Inventory, InventoryError, PATIENCE};

pub(crate) const CALLERS: usize = 5;
pub(crate) const CALLS: u32 = 400;
/// The interval between two calls. The callers take turns. A call starts on time even if earlier
/// calls are still running, so slow responses do not reduce the load.
pub(crate) const BETWEEN_CALLS: Duration = Duration::from_millis(25);
pub(crate) const NAIVE_RETRIES: usize = 3;

/// How callers protect themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The callers do not protect themselves.
    Bare,
    /// The callers retry without delay, as many programs do by hand.
    Naive,
    /// The callers use the function with the attributes.
    Protected,
}

impl Strategy {
    async fn stock(self, inventory: &Inventory, sku: &str) -> Result<u32, InventoryError> {
        match self {
            Self::Bare => inventory.bare_stock(sku).await,
            Self::Naive => {
                let mut stock = inventory.bare_stock(sku).await;
                for _ in 0..NAIVE_RETRIES {
                    if stock.is_ok() {
                        break;
                    }
                    stock = inventory.bare_stock(sku).await;
                }
                stock
            }
            Self::Protected => inventory.stock(sku).await,
        }
    }
}

impl Inventory {
    /// Does the work of [`Inventory::stock`], which has the attributes.
    async fn bare_stock(&self, sku: &str) -> Result<u32, InventoryError> {
        Ok(timeout(PATIENCE, self.server.ask(sku)).await??)
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered,
    Failed,
    /// The breaker rejected the call, and the server received nothing.
    Rejected,
}

impl Ending {
    fn of(result: &Result<u32, InventoryError>) -> Self {
        match result {
            Ok(_) => Self::Answered,
            Err(InventoryError::Rejected(_)) => Self::Rejected,
            Err(_) => Self::Failed,
        }
    }
}

/// The outcome of one call with its retries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) ending: Ending,
    pub(crate) wait: Duration,
    /// Whether the server was sick when the call ended.
    pub(crate) server_sick: bool,
}

/// The outcome of ten seconds with one strategy.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) strategy: Strategy,
    pub(crate) calls: Vec<Call>,
    /// The number of attempts, accepted or refused, in the phases in which the server was sick.
    pub(crate) reached_sick_server: u64,
}

/// Calls a separate server for ten seconds with one strategy, and returns the outcome.
pub(crate) async fn run(
    strategy: Strategy,
    port: Port,
    schedule: Schedule,
    view: &View,
) -> io::Result<Tally> {
    let server_end = port.wire();
    let server = Server::start(port, schedule);
    let callers: Vec<_> = (1..=CALLERS)
        .map(|caller| Inventory { caller, server: server_end.clone(), view: view.clone() })
        .map(Arc::new)
        .collect();
    let mut running = JoinSet::new();
    for (number, caller) in (0..CALLS).zip(callers.iter().cycle()) {
        sleep_until(schedule.at(number * BETWEEN_CALLS)).await;
        running.spawn(call(strategy, Arc::clone(caller), schedule));
    }
    let mut calls = Vec::new();
    while let Some(call) = running.join_next().await {
        calls.push(call?);
    }
    Ok(Tally { strategy, calls, reached_sick_server: server.stop().await? + server_end.refused() })
}

async fn call(strategy: Strategy, inventory: Arc<Inventory>, schedule: Schedule) -> Call {
    let start = Instant::now();
    let result = strategy.stock(&inventory, "chair").await;
    let wait = start.elapsed();
    let ending = Ending::of(&result);
    if strategy == Strategy::Protected {
        inventory.view.ended(ending);
        if let Err(InventoryError::Rejected(open)) = &result {
            inventory.view.rejected(inventory.caller, wait, open);
        }
    }
    Call { ending, wait, server_sick: schedule.phase().is_sick() }
}
