//! In async methods, every attempt reborrows `&mut self`, however the body uses `self`.

use std::cell::Cell;

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

/// A type that is `Send`, but neither `Sync` nor `Clone`.
#[derive(Default)]
struct Client {
    calls: u32,
    seen: Cell<u32>,
    log: Vec<u32>,
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

fn step(client: &mut Client) -> Result<u32, Fault> {
    client.calls += 1;
    if client.calls % 3 == 0 { Ok(client.calls) } else { Err(Fault(client.calls)) }
}

impl Client {
    async fn step(&mut self) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        step(self)
    }

    #[retry]
    async fn awaited(&mut self) -> Result<u32, Fault> {
        self.seen.set(self.seen.get() + 1);
        let n = self.step().await?;
        self.log.push(n);
        Ok(n)
    }

    #[retry]
    async fn moved_away(&mut self) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        let this = self;
        this.step().await
    }

    #[retry]
    async fn moved_into_a_block(&mut self, by: u32) -> Result<u32, Fault> {
        let future = async move { self.step().await.map(|n| n + by) };
        future.await
    }

    #[retry]
    #[circuit_breaker(name = "exclusive self, retry above")]
    async fn in_parts(&mut self) -> Result<u32, Fault> {
        let Self { calls, log, seen } = self;
        *calls += 1;
        tokio::task::yield_now().await;
        log.push(*calls);
        seen.set(*calls);
        if *calls % 3 == 0 { Ok(*calls) } else { Err(Fault(*calls)) }
    }

    #[circuit_breaker(name = "exclusive self, breaker above", order = explicit)]
    #[retry]
    async fn through_closures(&mut self) -> Result<u32, Fault> {
        let mut next = async || self.step().await;
        next().await
    }

    #[circuit_breaker(name = "exclusive self")]
    async fn lent_by_one_attempt(&mut self) -> Result<&mut Vec<u32>, Fault> {
        self.step().await?;
        Ok(&mut self.log)
    }

    #[retry]
    async fn by_fields(&mut self, log: &mut Vec<u32>) -> Result<u32, Fault> {
        std::mem::swap(&mut self.log, log);
        for n in &mut self.log {
            *n += 1;
        }
        let n = step(&mut *self)?;
        tokio::task::yield_now().await;
        Ok(n)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut client = Client::default();
    assert_eq!(sendable(client.awaited()).await, Ok(3));
    assert_eq!(client.seen.get(), 3);
    assert_eq!(sendable(client.moved_away()).await, Ok(6));
    assert_eq!(sendable(client.moved_into_a_block(1)).await, Ok(10));
    assert_eq!(sendable(client.in_parts()).await, Ok(12));
    assert_eq!(client.log, [3, 10, 11, 12]);
    assert_eq!(sendable(client.through_closures()).await, Ok(15));
    assert_eq!(sendable(client.lent_by_one_attempt()).await, Err(Fault(16)));
    client.calls = 2;
    sendable(client.lent_by_one_attempt()).await.unwrap().clear();
    let mut log = vec![7];
    assert_eq!(sendable(client.by_fields(&mut log)).await, Ok(6));
    assert_eq!((client.log, log), (vec![9], vec![]));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    let above = totals("exclusive self, retry above");
    assert_eq!((above.success, above.failure), (1, 2));
    assert_eq!(totals("exclusive self, breaker above").success, 1);
    let alone = totals("exclusive self");
    assert_eq!((alone.success, alone.failure), (1, 1));
}
