//! The return type may contain `impl Trait` anywhere, in async and plain functions, alone and
//! stacked.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::num::ParseIntError;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
#[allow(dead_code)]
enum Fault {
    Busy(u32),
    Parse(ParseIntError),
    Open,
}

impl From<ParseIntError> for Fault {
    fn from(error: ParseIntError) -> Self {
        Fault::Parse(error)
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault::Open
    }
}

fn third() -> Result<u32, Fault> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault::Busy(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
#[circuit_breaker(name = "nested, retry above")]
async fn numbers(text: &str) -> Result<impl Iterator<Item = u32> + Send + use<>, Fault> {
    let end: u32 = text.parse()?;
    tokio::task::yield_now().await;
    third()?;
    Ok((0..end).filter(|n| n % 2 == 0))
}

#[circuit_breaker(name = "nested, breaker above", order = explicit)]
#[retry(base_delay = "0s")]
fn plain_numbers(text: &str) -> Result<impl Iterator<Item = u32> + Clone, Fault> {
    third()?;
    let all = text.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    Ok(all.into_iter())
}

#[retry]
async fn pair<'a>(text: &'a str) -> Option<(impl Display + 'a, Vec<impl Debug + Send>)> {
    third().ok()?;
    Some((text.trim(), vec![text.len()]))
}

#[retry]
async fn boxed() -> Result<Box<impl Fn(u32) -> u32 + Send>, Box<dyn Error + Send + Sync>> {
    third().map_err(|_| "busy")?;
    let by: u32 = "1".parse()?;
    Ok(Box::new(move |n| n + by))
}

#[retry]
async fn error() -> Result<u32, impl Error + Send> {
    "x".parse::<u32>()
}

#[retry(retry_when = |(_, n)| *n % 3 != 0)]
async fn with_a_predicate() -> (impl AsyncFn() -> u32, u32) {
    let n = third().unwrap_or(1);
    (async move || n, n)
}

#[retry(base_delay = "0s", retry_when = |_| CALLS.load(SeqCst) % 3 != 0)]
#[circuit_breaker(failure_when = |_| false, on_open = |_| unreachable!())]
fn function(by: u32) -> impl for<'a> Fn(&'a [u32]) -> Option<u32> {
    let _ = third();
    move |list: &[u32]| list.get(by as usize).copied()
}

#[retry(base_delay = "0s")]
fn of_opaque_items() -> Option<impl Iterator<Item = impl Display>> {
    third().ok()?;
    Some((0..2).map(|n| n.to_string()))
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(sendable(numbers(&String::from("5"))).await.unwrap().sum::<u32>(), 6);
    counted(3);
    assert!(matches!(numbers("x").await.err(), Some(Fault::Parse(_))));
    counted(0);
    assert_eq!(plain_numbers("1,2").unwrap().sum::<u32>(), 3);
    counted(3);
    let (text, list) = sendable(pair(" x ")).await.unwrap();
    assert_eq!(format!("{text}{list:?}"), "x[3]");
    counted(3);
    assert_eq!(sendable(boxed()).await.unwrap()(1), 2);
    counted(3);
    assert!(sendable(error()).await.unwrap_err().to_string().contains("digit"));
    let (call, n) = with_a_predicate().await;
    assert_eq!((call().await, n), (3, 3));
    counted(3);
    assert_eq!(function(1)(&[1, 2]), Some(2));
    counted(3);
    assert_eq!(of_opaque_items().unwrap().map(|item| item.to_string()).collect::<String>(), "01");
    counted(3);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("nested, retry above").success, 1);
    assert_eq!(totals("nested, breaker above").success, 1);
}
