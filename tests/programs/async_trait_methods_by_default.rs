//! The attributes work on default methods of `#[async_trait]` traits, generic or not, called on
//! implementors and behind `dyn`.

use async_trait::async_trait;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
enum Fault<E> {
    Open,
    Inner(E),
}

impl<E> From<CircuitOpen> for Fault<E> {
    fn from(_: CircuitOpen) -> Self {
        Fault::Open
    }
}

#[async_trait]
trait Api<T>
where
    T: Clone + Send + Sync + 'static,
{
    type Error: Send + 'static;

    fn step(&mut self) -> Option<u32>;
    fn error(&self) -> Self::Error;
    fn value(&self) -> T;

    #[retry]
    async fn exclusive(&mut self) -> Result<T, Fault<Self::Error>>
    where
        Self: Send,
    {
        tokio::task::yield_now().await;
        match self.step() {
            Some(_) => Ok(self.value()),
            None => Err(Fault::Inner(self.error())),
        }
    }

    #[retry(max_retries = 3)]
    #[circuit_breaker(name = "default of async_trait", failure_threshold = 2, recovery_time = "1h")]
    async fn stacked(&mut self, more: Vec<T>) -> Result<Vec<T>, Fault<Self::Error>>
    where
        Self: Send,
    {
        let mut all = more;
        all.push(self.value());
        tokio::task::yield_now().await;
        let Some(_) = self.step() else {
            return Err(Fault::Inner(self.error()));
        };
        Ok(all)
    }

    #[circuit_breaker(order = explicit)]
    #[retry]
    async fn shared(&self, value: &T) -> Option<T>
    where
        Self: Sync,
    {
        tokio::task::yield_now().await;
        Some(value.clone())
    }
}

#[async_trait]
impl Api<&'static str> for u32 {
    type Error = u32;

    fn step(&mut self) -> Option<u32> {
        *self += 1;
        (*self % 3 == 0).then_some(*self)
    }

    fn error(&self) -> u32 {
        *self
    }

    fn value(&self) -> &'static str {
        "value"
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut api = 0_u32;
    assert_eq!(sendable(api.exclusive()).await, Ok("value"));
    assert_eq!(api, 3);
    let object: &mut (dyn Api<&'static str, Error = u32> + Send + Sync) = &mut api;
    assert_eq!(object.exclusive().await, Ok("value"));
    assert_eq!(sendable(object.shared(&"x")).await, Some("x"));
    assert_eq!(sendable(object.stacked(vec!["a"])).await, Err(Fault::Inner(8)));
    assert_eq!(sendable(object.stacked(vec![])).await, Err(Fault::Open));
    assert_eq!(api, 8);
    let totals = Registry::global().get("default of async_trait").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.rejected), (2, 1));
}
