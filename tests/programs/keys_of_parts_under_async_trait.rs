//! `#[async_trait]` moves the pattern of an argument into the body, but a key can still name the
//! variables of the pattern.
#![deny(warnings)]

use async_trait::async_trait;
use resilient::{circuit_breaker, retry};

#[derive(Clone)]
struct Order {
    region: String,
    id: u64,
    works: bool,
}

fn order(region: &str, works: bool) -> Order {
    Order { region: region.to_owned(), id: 1, works }
}

/// A type without `Clone`, so the code of the key must not copy it.
struct Guard;

#[async_trait]
trait Api {
    #[circuit_breaker(key = region, failure_threshold = 1)]
    async fn by_value(&self, Order { region, works, .. }: Order) -> Option<usize> {
        works.then(|| region.len())
    }

    #[circuit_breaker(key = format!("{}/{id}", &region[..1]), failure_threshold = 1)]
    async fn made(
        &mut self,
        Order { mut region, id, works }: Order,
        (_guard, _): (Guard, Guard),
    ) -> Option<usize> {
        region.push('!');
        works.then_some(region.len() + usize::from(id == 0))
    }

    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(key = (id + 1) % 2, failure_threshold = 2)]
    async fn retried(self, (region, id): (String, u64), [works, ..]: [bool; 2]) -> Option<usize>
    where
        Self: Clone + Sized,
    {
        drop(self);
        let _ = id;
        works.then_some(region.len())
    }

    #[circuit_breaker(key = *id, failure_threshold = 1, order = explicit)]
    #[retry(max_retries = 1, base_delay = "0s")]
    async fn whole_loop(&self, (id, works): (u64, bool)) -> Option<usize> {
        works.then(|| id.count_ones() as usize)
    }

    /// The key names no variable of the pattern, so the code of the key does not use the argument.
    #[circuit_breaker(key = host, failure_threshold = 1)]
    async fn of_another(&self, host: &str, (works, ..): (bool, Guard)) -> Option<usize> {
        works.then_some(host.len())
    }
}

#[derive(Clone)]
struct Client;

impl Api for Client {}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(sendable(Client.by_value(order("a", false))).await, None);
    assert_eq!(Client.by_value(order("a", true)).await, None);
    assert_eq!(Client.by_value(order("bc", true)).await, Some(2));

    let guards = || (Guard, Guard);
    let mut client = Client;
    assert_eq!(client.made(order("a", false), guards()).await, None);
    assert_eq!(client.made(order("a", true), guards()).await, None);
    assert_eq!(client.made(order("bc", true), guards()).await, Some(3));

    let text = || "abc".to_owned();
    assert_eq!(Client.retried((text(), 1), [false; 2]).await, None);
    assert_eq!(Client.retried((text(), 3), [true; 2]).await, None);
    assert_eq!(Client.retried((text(), 2), [true; 2]).await, Some(3));

    assert_eq!(Client.whole_loop((3, false)).await, None);
    assert_eq!(Client.whole_loop((3, true)).await, None);
    assert_eq!(Client.whole_loop((1, true)).await, Some(1));

    assert_eq!(Client.of_another("a", (false, Guard)).await, None);
    assert_eq!(Client.of_another("a", (true, Guard)).await, None);
    assert_eq!(Client.of_another("bc", (true, Guard)).await, Some(2));
}
