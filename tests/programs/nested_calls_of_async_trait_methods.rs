//! Two methods of an `#[async_trait]` impl share a breaker. If one calls the other, they still
//! close the half-open circuit (rule B18).

use async_trait::async_trait;
use resilient::breaker::CircuitState;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault;

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault
    }
}

#[async_trait]
trait Database: Send + Sync {
    async fn connect(&self) -> Result<u32, Fault>;
    async fn query(&mut self, text: String) -> Result<u32, Fault>;
}

struct Remote;

#[async_trait]
impl Database for Remote {
    #[circuit_breaker(name = "nested under async_trait")]
    async fn connect(&self) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        Ok(1)
    }

    #[retry]
    #[circuit_breaker(name = "nested under async_trait")]
    async fn query(&mut self, text: String) -> Result<u32, Fault> {
        let connection = self.connect().await?;
        self.connect().await.map(|other| connection + other + text.len() as u32)
    }
}

#[tokio::test(flavor = "current_thread")]
async fn runs() {
    let mut database: Box<dyn Database> = Box::new(Remote);
    assert_eq!(database.query("x".to_owned()).await, Ok(3));
    let breaker = Registry::global().get("nested under async_trait").unwrap();
    assert_eq!(breaker.snapshot().totals.success, 3);
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    assert_eq!(database.query("x".to_owned()).await, Ok(3));
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().totals.success, 4);
}
