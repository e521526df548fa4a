//! A predicate can judge outputs of any type: unit, numbers, collections, references, tuples,
//! `Self`, `Poll`, `ControlFlow` and generics.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::Poll;

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn next() -> u32 {
    CALLS.fetch_add(1, SeqCst) + 1
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry(retry_when = |_| CALLS.load(SeqCst) < 3)]
async fn unit() {
    next();
    tokio::task::yield_now().await;
}

#[retry(base_delay = "0s", retry_when = |&()| CALLS.load(SeqCst) < 3)]
#[circuit_breaker(name = "unit", failure_when = |&()| CALLS.load(SeqCst) < 3, on_open = |_| ())]
fn explicit_unit(log: &mut Vec<u32>) -> () {
    log.push(next());
}

#[circuit_breaker(
    name = "number, judged",
    failure_when = |n| *n < 3,
    on_open = |open| u32::from(open.retry_after().is_some()), order = explicit
)]
#[retry(retry_when = |n| *n < 3)]
async fn number() -> u32 {
    next()
}

#[retry(base_delay = "0s", retry_when = Vec::is_empty)]
fn list() -> Vec<u32> {
    if next() < 3 { vec![] } else { vec![1] }
}

#[retry(base_delay = "0s", retry_when = |text: &&str| text.is_empty())]
fn text<'a>(text: &'a str) -> &'a str {
    if next() < 3 { "" } else { text }
}

#[retry(retry_when = |(good, _)| !good)]
#[circuit_breaker(
    name = "tuple",
    failure_when = |(good, _)| !*good,
    on_open = |_| (false, String::new())
)]
async fn tuple(text: String) -> (bool, String) {
    (next() >= 3, text)
}

#[retry(base_delay = "0s", retry_when = |poll| poll.is_pending())]
fn poll() -> Poll<u32> {
    match next() {
        n @ 3.. => Poll::Ready(n),
        _ => Poll::Pending,
    }
}

#[retry(base_delay = "0s", retry_when = |flow| flow.is_break())]
fn flow() -> ControlFlow<u32> {
    let n = next();
    if n < 3 {
        return ControlFlow::Break(n);
    }
    ControlFlow::Continue(())
}

#[retry(base_delay = "0s", retry_when = |code| *code == ExitCode::FAILURE)]
fn code() -> ExitCode {
    if next() < 3 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[retry(retry_when = accepted)]
async fn generic<T: Default + PartialEq + Send>(values: &mut VecDeque<T>) -> T {
    next();
    values.pop_front().unwrap_or_default()
}

fn accepted<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Debug, Clone, PartialEq)]
struct Counter(u32);

impl Counter {
    #[retry(base_delay = "0s", retry_when = |counter: &Self| counter.0 < limit)]
    fn made(limit: u32) -> Self {
        Self(next())
    }

    #[retry(retry_when = |n| *n < self.0)]
    async fn at_least(&self) -> u32 {
        next()
    }

    #[circuit_breaker(
        name = "exclusive, judged",
        failure_when = |n: &u32| *n == 0,
        on_open = |_| self.0 * 100
    )]
    fn counted(&mut self) -> u32 {
        self.0 += 1;
        0
    }
}

/// The predicate examines the value inside the `Option`.
#[retry(retry_when = |found| found.is_none_or(|n| n < 3))]
async fn option() -> Option<u32> {
    Some(next())
}

/// The predicate treats some `Ok` values as failures.
#[retry(base_delay = "0s", retry_when = |found| matches!(found, Ok(n) if *n < 3))]
#[circuit_breaker(
    name = "result",
    failure_when = |found| !matches!(found, Ok(3..)),
    on_open = |_| Err(())
)]
fn result() -> Result<u32, ()> {
    Ok(next())
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    sendable(unit()).await;
    counted(3);
    let mut log = vec![];
    explicit_unit(&mut log);
    assert_eq!(log, [1, 2, 3]);
    counted(3);
    assert_eq!(sendable(number()).await, 3);
    counted(3);
    assert_eq!(list(), [1]);
    counted(3);
    assert_eq!(text("x"), "x");
    counted(3);
    assert_eq!(sendable(tuple("x".to_owned())).await, (true, "x".to_owned()));
    counted(3);
    assert_eq!(poll(), Poll::Ready(3));
    counted(3);
    assert_eq!(flow(), ControlFlow::Continue(()));
    counted(3);
    assert!(code() == ExitCode::SUCCESS);
    counted(3);
    assert_eq!(sendable(generic(&mut [0, 0, 7].into())).await, 7);
    counted(3);
    assert_eq!(Counter::made(3), Counter(3));
    counted(3);
    assert_eq!(sendable(Counter(3).at_least()).await, 3);
    counted(3);
    let mut counter = Counter(0);
    let outputs: Vec<u32> = (0..6).map(|_| counter.counted()).collect();
    assert_eq!(outputs, [0, 0, 0, 0, 0, 500]);
    assert_eq!(sendable(option()).await, Some(3));
    counted(3);
    assert_eq!(result(), Ok(3));
    counted(3);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    for name in ["unit", "tuple", "result"] {
        assert_eq!(totals(name), (1, 2), "{name}");
    }
    assert_eq!(totals("number, judged"), (1, 0));
    assert_eq!(totals("exclusive, judged"), (0, 5));
}
