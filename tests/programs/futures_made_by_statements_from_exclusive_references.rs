//! A body of several statements may lend a `&mut` argument, or `&mut self`, to the future that the
//! body makes.

use std::pin::Pin;

use resilient::{Registry, circuit_breaker, retry};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
fn boxed<'a>(log: &'a mut Vec<u32>) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + 'a>> {
    log.push(1);
    Box::pin(async move {
        log.push(2);
        (log.len() == 6).then_some(log.len())
    })
}

struct Client {
    calls: u32,
}

impl Client {
    async fn inner(&mut self, text: &str) -> Option<usize> {
        tokio::task::yield_now().await;
        (self.calls == 3).then_some(text.len())
    }

    #[retry]
    fn delegated<'a>(
        &'a mut self,
        text: &'a str,
    ) -> impl Future<Output = Option<usize>> + Send + 'a {
        self.calls += 1;
        self.inner(text)
    }

    #[retry]
    #[circuit_breaker(name = "delegated")]
    fn delegated_and_boxed<'a>(&'a mut self, text: &'a str) -> BoxFuture<'a, Option<usize>> {
        self.calls += 1;
        Box::pin(self.inner(text))
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut log = vec![];
    assert_eq!(sendable(boxed(&mut log)).await, Some(6));
    assert_eq!(log, [1, 2, 1, 2, 1, 2]);
    let mut client = Client { calls: 0 };
    assert_eq!(sendable(client.delegated("four")).await, Some(4));
    client.calls = 0;
    assert_eq!(sendable(client.delegated_and_boxed("four")).await, Some(4));
    let totals = Registry::global().get("delegated").unwrap().snapshot().totals;
    assert_eq!((totals.failure, totals.success), (2, 1));
}
