//! Rule B18: a function of any shape closes its circuit, although its probe makes a nested call.

use std::pin::Pin;

use resilient::{CircuitBreaker, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use super::{closes, make_due};
use resilient_testkit::{Fault, fragile};

type Output = Result<u32, Fault>;

/// Takes the place of a query to the dependency.
async fn query() -> Output {
    yield_now().await;
    Ok(1)
}

#[circuit_breaker(name = "b18 plain")]
fn plain_inner() -> Output {
    Ok(1)
}

#[circuit_breaker(name = "b18 plain")]
fn plain_outer() -> Output {
    let first = plain_inner()?;
    Ok(first + plain_inner()?)
}

#[expect(clippy::unused_async, reason = "this shape is under test")]
#[circuit_breaker(name = "b18 plain")]
async fn without_await() -> Output {
    plain_outer()
}

#[tokio::test(start_paused = true)]
async fn b18_plain_functions_and_bodies_that_never_wait() {
    closes("b18 plain", 3, async || plain_outer() == Ok(2)).await;
    let breaker = resilient::Registry::global().get("b18 plain").unwrap();
    make_due(&breaker).await;
    assert_eq!(without_await().await, Ok(2));
    assert_eq!(breaker.state(), resilient::breaker::CircuitState::Closed);
}

#[circuit_breaker(name = "b18 async")]
async fn inner() -> Output {
    query().await
}

#[circuit_breaker(name = "b18 async")]
async fn outer() -> Output {
    let first = inner().await?;
    yield_now().await;
    Ok(first + inner().await?)
}

#[tokio::test(start_paused = true)]
async fn b18_two_functions_share_a_name() {
    closes("b18 async", 3, async || outer().await == Ok(2)).await;
}

#[circuit_breaker(name = "b18 recursion")]
async fn recursive(depth: u32) -> Output {
    if depth == 0 { query().await } else { Box::pin(recursive(depth - 1)).await }
}

#[circuit_breaker(name = "b18 plain recursion")]
fn plain_recursive(depth: u32) -> Output {
    if depth == 0 { Ok(1) } else { plain_recursive(depth - 1) }
}

#[tokio::test(start_paused = true)]
async fn b18_recursion() {
    closes("b18 recursion", 5, async || recursive(4).await == Ok(1)).await;
    closes("b18 plain recursion", 5, async || plain_recursive(4) == Ok(1)).await;
}

struct Client {
    breaker: CircuitBreaker,
}

impl Client {
    #[circuit_breaker(name = "b18 methods")]
    async fn token(&self) -> Output {
        query().await
    }

    #[circuit_breaker(name = "b18 methods")]
    async fn send(&mut self, body: String) -> Output {
        Ok(self.token().await? + u32::from(body.is_empty()))
    }

    // `async_trait` expands an async method to this form.
    #[circuit_breaker(name = "b18 boxed")]
    fn boxed<'a>(&'a self, depth: u32) -> Pin<Box<dyn Future<Output = Output> + Send + 'a>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let (__self, depth) = (self, depth);
            if depth == 0 { query().await } else { __self.boxed(depth - 1).await }
        })
    }

    #[expect(clippy::self_only_used_in_recursion, reason = "this shape is under test")]
    #[circuit_breaker(name = "b18 hidden")]
    fn hidden(&self, depth: u32) -> Pin<Box<dyn Future<Output = Output> + Send + '_>> {
        if depth == 0 { Box::pin(query()) } else { self.hidden(depth - 1) }
    }

    #[circuit_breaker(breaker = self.breaker)]
    async fn own(&self, depth: u32) -> Output {
        if depth == 0 { query().await } else { Box::pin(self.own(depth - 1)).await }
    }

    #[circuit_breaker(breaker = self.breaker)]
    fn own_plain(&self) -> Output {
        self.own_leaf()
    }

    #[circuit_breaker(breaker = self.breaker)]
    fn own_leaf(&self) -> Output {
        Ok(1)
    }
}

#[circuit_breaker(name = "b18 returned")]
fn returned(depth: u32) -> impl Future<Output = Output> + Send {
    let next: Pin<Box<dyn Future<Output = Output> + Send>> =
        if depth == 0 { Box::pin(query()) } else { Box::pin(returned(depth - 1)) };
    async move {
        yield_now().await;
        next.await
    }
}

#[tokio::test(start_paused = true)]
async fn b18_methods_and_futures_that_a_function_returns() {
    let client = || Client { breaker: CircuitBreaker::default() };
    closes("b18 methods", 2, async || client().send(String::new()).await == Ok(2)).await;
    closes("b18 boxed", 4, async || client().boxed(3).await == Ok(1)).await;
    closes("b18 hidden", 4, async || client().hidden(3).await == Ok(1)).await;
    closes("b18 returned", 4, async || returned(3).await == Ok(1)).await;
}

#[tokio::test(start_paused = true)]
async fn b18_a_breaker_that_the_caller_owns() {
    let breaker = CircuitBreaker::new("b18 own", fragile().build().unwrap());
    resilient::Registry::global().register(&breaker).unwrap();
    let client = Client { breaker };
    closes("b18 own", 4, async || client.own(3).await == Ok(1)).await;
    make_due(&client.breaker).await;
    assert_eq!(client.own_plain(), Ok(1));
    assert_eq!(client.breaker.state(), resilient::breaker::CircuitState::Closed);
}

#[circuit_breaker(name = "b18 keyed", key = host)]
async fn keyed(host: &str, depth: u32) -> Output {
    if depth == 0 { query().await } else { Box::pin(keyed(host, depth - 1)).await }
}

#[tokio::test(start_paused = true)]
async fn b18_a_breaker_for_each_key() {
    assert_eq!(keyed("a", 2).await, Ok(1));
    assert_eq!(keyed("b", 0).await, Ok(1));
    let all = resilient::Registry::global().get_keyed::<String>("b18 keyed").unwrap();
    let (one, other) = (all.get("a"), all.get("b"));
    make_due(&one).await;
    make_due(&other).await;
    assert_eq!(keyed("a", 2).await, Ok(1));
    assert_eq!(one.state(), resilient::breaker::CircuitState::Closed);
    assert_eq!(other.state(), resilient::breaker::CircuitState::HalfOpen);
}

/// Declares functions with several attributes. Each function calls itself once.
macro_rules! stacks {
    ($($name:ident $text:literal: $(#[$layer:meta])+)+) => {
        $(
            $(#[$layer])+
            async fn $name(depth: u32) -> Output {
                if depth == 0 { query().await } else { Box::pin($name(depth - 1)).await }
            }
        )+

        #[tokio::test(start_paused = true)]
        async fn b18_every_order_of_layers() {
            $(closes($text, 2, async || $name(1).await == Ok(1)).await;)+
        }
    };
}

stacks! {
    rb "b18 rb": #[retry] #[circuit_breaker(name = "b18 rb")]
    limited "b18 Rb": #[retry(deadline = "1m")] #[circuit_breaker(name = "b18 Rb")]
    rbt "b18 rbt": #[retry] #[circuit_breaker(name = "b18 rbt")] #[timeout("1s")]
    rtb "b18 rtb": #[retry] #[timeout("1s")] #[circuit_breaker(name = "b18 rtb", order = explicit)]
    bt "b18 bt": #[circuit_breaker(name = "b18 bt")] #[timeout("1s")]
    br "b18 br": #[circuit_breaker(name = "b18 br", order = explicit)] #[retry]
    bf "b18 bf": #[circuit_breaker(name = "b18 bf")] #[fallback(value = 7, order = explicit)]
    frb "b18 frb": #[fallback(value = 7)] #[retry] #[circuit_breaker(name = "b18 frb")]
}

#[circuit_breaker(name = "b18 fallback")]
async fn cached() -> Output {
    query().await
}

#[circuit_breaker(name = "b18 fallback")]
#[fallback(with = async |_| cached().await, order = explicit)]
async fn replaced() -> Output {
    Err(Fault::Down(1))
}

#[circuit_breaker(name = "b18 retry below", order = explicit)]
#[retry(base_delay = "1s", attempt = attempt)]
async fn retried_below() -> Output {
    if attempt.is_first() {
        return Err(Fault::Down(1));
    }
    cached_below().await
}

#[circuit_breaker(name = "b18 retry below", order = explicit)]
async fn cached_below() -> Output {
    query().await
}

#[tokio::test(start_paused = true)]
async fn b18_a_fallback_or_a_later_attempt_below_the_breaker() {
    closes("b18 fallback", 2, async || replaced().await == Ok(1)).await;
    closes("b18 retry below", 2, async || retried_below().await == Ok(1)).await;
}
