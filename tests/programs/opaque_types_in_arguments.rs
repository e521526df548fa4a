//! Arguments of type `impl Trait` can be cloned, lent, borrowed, changed and nested.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn third() -> Option<u32> {
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
async fn converted(text: impl Into<String> + Clone + Send) -> Option<String> {
    let text = text.into();
    tokio::task::yield_now().await;
    third().map(|_| text)
}

#[retry(borrow(text))]
async fn lent(text: impl AsRef<str> + Send + Sync) -> Option<usize> {
    tokio::task::yield_now().await;
    third().map(|_| text.as_ref().len())
}

#[retry]
#[circuit_breaker(name = "impl, retry above")]
async fn by_reference(
    shown: &(impl Display + Sync + ?Sized),
    into: &mut (impl Write + Send),
) -> Option<u32> {
    write!(into, "{shown}").ok()?;
    tokio::task::yield_now().await;
    third()
}

#[circuit_breaker(name = "impl, breaker above", order = explicit)]
#[retry]
async fn iterated(
    mut items: impl Iterator<Item = impl Display + Send> + Clone + Send,
) -> Option<String> {
    let mut all = String::new();
    while let Some(item) = items.next() {
        tokio::task::yield_now().await;
        write!(all, "{item}").ok()?;
    }
    third().map(|_| all)
}

#[retry]
async fn called<R: Send>(
    call: impl AsyncFn(u32) -> R + Clone,
    with: (u32, impl Into<u32> + Clone),
) -> Option<R> {
    third()?;
    Some(call(with.0 + with.1.into()).await)
}

#[retry]
async fn of_closures_that_return_futures<Fut>(
    call: impl Fn(&'static str) -> Fut + Clone + Send,
) -> Option<usize>
where
    Fut: Future<Output = Option<usize>> + Send,
{
    call("text").await
}

#[retry(base_delay = "0s")]
fn plain(
    list: &mut Vec<u32>,
    more: impl IntoIterator<Item = u32, IntoIter: Clone> + Clone,
    then: fn(&[u32]) -> bool,
) -> Option<u32> {
    list.extend(more);
    then(list).then(|| list.iter().sum())
}

#[retry(base_delay = "0s")]
#[circuit_breaker]
fn dynamic(calls: &mut dyn Iterator<Item = Option<u32>>, shown: &dyn Display) -> Option<String> {
    calls.next()?.map(|n| format!("{n}{shown}"))
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(sendable(converted("x")).await.as_deref(), Some("x"));
    assert_eq!(sendable(lent(String::from("four"))).await, Some(4));
    let mut text = String::new();
    assert_eq!(sendable(by_reference("a", &mut text)).await, Some(9));
    assert_eq!(text, "aaa");
    assert_eq!(sendable(iterated([1, 2].iter())).await.as_deref(), Some("12"));
    assert_eq!(called(async |n| n + 1, (1, 2_u8)).await, Some(4));
    let tries = AtomicU32::new(0);
    let call = |text: &'static str| {
        let n = tries.fetch_add(1, SeqCst);
        async move { (n == 2).then_some(text.len()) }
    };
    assert_eq!(sendable(of_closures_that_return_futures(call)).await, Some(4));
    assert_eq!(tries.load(SeqCst), 3);
    assert_eq!(plain(&mut vec![], [1, 2], |list| list.len() > 5), Some(9));
    let mut calls = [None, None, Some(1)].into_iter();
    assert_eq!(dynamic(&mut calls, &'x').as_deref(), Some("1x"));
    assert_eq!(CALLS.load(SeqCst), 15);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("impl, retry above").failure, 2);
    assert_eq!(totals("impl, breaker above").success, 1);
}
