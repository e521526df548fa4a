//! Async functions may recurse through `Box::pin`, through `#[async_recursion]` above and below our
//! attributes, and between two functions.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_recursion::async_recursion;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

/// The end of a recursion: fails twice, then succeeds.
fn innermost() -> Result<u32, Fault> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(0),
        n => Err(Fault(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry(on = Fault(_))]
async fn boxed(depth: u32) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    if depth == 0 {
        return innermost();
    }
    let future = Box::pin(boxed(depth - 1));
    Ok(future.await? + 1)
}

#[async_recursion]
#[retry]
#[circuit_breaker(name = "async_recursion above")]
async fn above(depth: u32, mut log: Vec<u32>) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    if depth == 0 {
        return innermost();
    }
    log.push(depth);
    Ok(above(depth - 1, log).await? + 1)
}

#[retry]
#[circuit_breaker(name = "async_recursion below")]
#[async_recursion]
async fn below(depth: u32, text: &str, log: &mut Vec<u32>) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    if depth == 0 {
        return innermost();
    }
    log.push(depth);
    Ok(below(depth - 1, text, log).await? + 1)
}

#[circuit_breaker(name = "async_recursion between", order = explicit)]
#[async_recursion]
#[retry]
async fn between<T: Clone + Send + Sync>(depth: u32, value: T) -> Result<T, Fault> {
    if depth == 0 {
        innermost()?;
        return Ok(value);
    }
    between(depth - 1, value).await
}

#[async_recursion(?Send)]
#[retry]
async fn local(depth: u32, value: std::rc::Rc<u32>) -> Result<u32, Fault> {
    if depth == 0 {
        return innermost().map(|n| n + *value);
    }
    local(depth - 1, value).await
}

struct Tree {
    children: Vec<Tree>,
    value: u32,
}

impl Tree {
    #[retry]
    #[async_recursion]
    async fn sum(&self, seen: &AtomicU32) -> Result<u32, Fault> {
        seen.fetch_add(1, SeqCst);
        let mut sum = self.value;
        for child in &self.children {
            sum += child.sum(seen).await?;
        }
        if self.children.is_empty() {
            innermost()?;
        }
        Ok(sum)
    }
}

#[retry]
async fn even(n: u32) -> Result<bool, Fault> {
    if n == 0 {
        return innermost().map(|_| true);
    }
    Box::pin(odd(n - 1)).await
}

#[circuit_breaker]
async fn odd(n: u32) -> Result<bool, Fault> {
    if n == 0 { Ok(false) } else { Box::pin(even(n - 1)).await }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(sendable(boxed(3)).await, Ok(3));
    counted(3);
    assert_eq!(sendable(above(3, vec![])).await, Ok(3));
    counted(3);
    let mut log = vec![];
    assert_eq!(sendable(below(3, "text", &mut log)).await, Ok(3));
    assert_eq!(log, [3, 2, 1]);
    counted(3);
    assert_eq!(sendable(between(3, 'v')).await, Ok('v'));
    counted(3);
    assert_eq!(local(3, 7.into()).await, Ok(7));
    counted(3);
    let leaf = |value| Tree { children: vec![], value };
    let tree = Tree { children: vec![leaf(1), leaf(2)], value: 4 };
    let seen = AtomicU32::new(0);
    assert_eq!(sendable(tree.sum(&seen)).await, Ok(7));
    assert_eq!(seen.load(SeqCst), 7);
    counted(6);
    assert_eq!(even(4).await, Ok(true));
    counted(3);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("async_recursion above"), (4, 2));
    assert_eq!(totals("async_recursion below"), (4, 2));
    assert_eq!(totals("async_recursion between"), (4, 0));
}
