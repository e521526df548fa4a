//! The backend, which fails as the story asks.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilient::deadline;
use resilient::retries::attempt_number;
use resilient_tower::GrpcServerLayer;
use tonic::{Request, Response, Status};

use crate::generated::warehouse_server::{self, WarehouseServer};
use crate::generated::{Article, Stock};
use crate::network::Server;

/// What a call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The warehouse responds.
    Well,
    /// The warehouse refuses the next call.
    RefusesOne,
    /// The warehouse never responds.
    Hangs,
}

/// What the warehouse knew of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The attempt of the shop.
    pub attempt: u32,
    /// How long the customer would still wait.
    pub left: Option<Duration>,
}

/// The warehouse. Clones are the same warehouse.
#[derive(Debug, Clone)]
pub struct Warehouse {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    calls: Vec<Seen>,
    running: u32,
}

impl Warehouse {
    /// Builds a warehouse that responds.
    #[must_use]
    pub fn new() -> Self {
        let state = State { mood: Mood::Well, calls: Vec::new(), running: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Sets what the next calls meet.
    pub fn set(&self, mood: Mood) {
        self.with(|state| state.mood = mood);
    }

    /// Returns the calls since this was asked last.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Seen> {
        self.with(|state| std::mem::take(&mut state.calls))
    }

    /// Returns how many calls the warehouse works on.
    #[must_use]
    pub fn running(&self) -> u32 {
        self.with(|state| state.running)
    }

    /// Returns the server.
    #[must_use]
    pub fn server(&self) -> Server {
        tonic::transport::Server::builder()
            .layer(GrpcServerLayer::new().max(Duration::from_secs(10)))
            .add_service(WarehouseServer::new(self.clone()))
    }

    fn with<R>(&self, read: impl FnOnce(&mut State) -> R) -> R {
        read(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Warehouse {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts a call as running until it is dropped.
struct Running(Warehouse);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.with(|state| state.running -= 1);
    }
}

#[tonic::async_trait]
impl warehouse_server::Warehouse for Warehouse {
    async fn count(&self, _: Request<Article>) -> Result<Response<Stock>, Status> {
        let seen = Seen { attempt: attempt_number(), left: deadline::remaining() };
        let mood = self.with(|state| {
            state.calls.push(seen);
            state.running += 1;
            let mood = state.mood;
            if mood == Mood::RefusesOne {
                state.mood = Mood::Well;
            }
            mood
        });
        let _running = Running(self.clone());
        match mood {
            Mood::Well => Ok(Response::new(Stock { count: 40 })),
            Mood::RefusesOne => Err(Status::unavailable("the warehouse starts")),
            Mood::Hangs => pending().await,
        }
    }
}
