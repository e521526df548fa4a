//! The keys with which a breaker classifies an output can name the arguments: by reference, owned,
//! changed by the body, `self`, and in functions of every shape.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::fmt::{self, Display};
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use resilient::breaker::CircuitState;
use resilient::{
    CircuitBreaker, CircuitOpen, Registry, TimedOut, circuit_breaker, fallback, retry, timeout,
};

#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Open,
    Late,
    Named(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Late => f.write_str("late"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

async fn fail(name: &str) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    Err(Fault::Named(name.to_owned()))
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// The body changes its own argument.
#[circuit_breaker(name = "predicate: copy", failure_when = |_| tries > 2, failure_threshold = 1)]
async fn copy(mut tries: u32) -> Result<u32, Fault> {
    for _ in 0..3 {
        tries += 1;
        tokio::task::yield_now().await;
    }
    fail("copy").await
}

#[circuit_breaker(name = "predicate: plain", failure_when = |_| tries > 2, failure_threshold = 1)]
fn plain(mut tries: u32) -> Result<u32, Fault> {
    while tries < 3 {
        tries += 1;
    }
    Err(Fault::Late)
}

#[circuit_breaker(name = "predicate: owned", failure_if = |e| e.to_string() == name)]
async fn owned(name: String) -> Result<u32, Fault> {
    fail(&name).await
}

#[circuit_breaker(name = "predicate: block", failure_if = |e| e.to_string() == name)]
async fn block(name: String, other: Cell<u32>) -> Result<u32, Fault> {
    other.set(1);
    let found = fail(&name).await?;
    Ok(found + other.get())
}

/// The argument is not `Sync`, but the future is `Send`.
#[circuit_breaker(name = "predicate: not sync", failure_when = |_| seen.get() > 0)]
async fn not_sync(seen: Cell<u32>) -> Result<u32, Fault> {
    seen.set(1);
    let found = fail("x").await?;
    Ok(found + seen.get())
}

#[circuit_breaker(name = "predicate: list", ignore_if = |_| list.is_empty())]
async fn emptied(list: &mut Vec<u32>) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    let first = list.pop().ok_or(Fault::Late)?;
    list.clear();
    fail(&first.to_string()).await
}

/// The body moves its reference away.
#[circuit_breaker(name = "predicate: moved", ignore_if = |_| list.is_empty())]
async fn moved_away(list: &mut Vec<u32>) -> Result<u32, Fault> {
    let whole = list;
    let first = whole.pop().ok_or(Fault::Late)?;
    fail(&first.to_string()).await
}

#[circuit_breaker(name = "predicate: plain list", ignore_if = |_| list.is_empty())]
fn plain_list(list: &mut Vec<u32>) -> Result<u32, Fault> {
    let whole = list;
    whole.pop().ok_or(Fault::Late)?;
    Err(Fault::Late)
}

#[circuit_breaker(
    name = "predicate: option",
    retry_after = |_| out.as_ref().map(|out| Duration::from_secs(out.len() as u64)),
    failure_threshold = 1,
    recovery_time = "1s"
)]
async fn optional(out: Option<&mut Vec<u32>>) -> Result<u32, Fault> {
    if let Some(out) = out {
        tokio::task::yield_now().await;
        out.push(1);
    }
    fail("option").await
}

#[circuit_breaker(name = "predicate: parts", failure_if = |_| left > 3 && text == "ab")]
async fn parts((mut left, text): (u32, String), [_, ref right]: [u32; 2]) -> Result<u32, Fault> {
    left += right;
    tokio::task::yield_now().await;
    fail(&text).await
}

#[circuit_breaker(name = "predicate: shared", failure = Fault::Named(found) if found == name)]
async fn shared(mut rest: &str, name: &str) -> Result<u32, Fault> {
    while let Some(left) = rest.strip_prefix('x') {
        rest = left;
        tokio::task::yield_now().await;
    }
    fail(name).await
}

#[circuit_breaker(name = "predicate: ignored", ignore = e @ Fault::Late if is(e, *expected))]
async fn ignored(expected: &mut bool) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    *expected = true;
    Err(Fault::Late)
}

fn is(error: &Fault, expected: bool) -> bool {
    expected && *error == Fault::Late
}

#[fallback(value = 9, on = Fault::Named(_))]
#[circuit_breaker(name = "predicate: below", failure_if = |e| e.to_string() == name)]
#[timeout("1s")]
async fn below(name: String, tries: &mut u32) -> Result<u32, Fault> {
    *tries += 1;
    fail(&name).await?;
    Ok(*tries)
}

#[fallback(with = |e| if *tries > 0 { Ok(*tries + name.len() as u32) } else { Err(e) })]
#[circuit_breaker(name = "predicate: both", failure_if = |e| *tries == 1 && e.to_string() == name)]
#[expect(clippy::cast_possible_truncation, reason = "the name is short")]
async fn both(name: String, tries: &mut u32) -> Result<u32, Fault> {
    *tries += 1;
    fail(&name).await?;
    Ok(*tries)
}

/// The time limit is around the breaker, so the breaker is inside a future.
#[timeout("1s")]
#[circuit_breaker(
    name = "predicate: limited",
    failure_when = |_| list.len() == 1,
    order = explicit,
)]
async fn limited(list: &mut Vec<u32>) -> Result<u32, Fault> {
    let whole = list;
    whole.push(1);
    fail("limited").await
}

#[retry(max_retries = 1, base_delay = "0s")]
#[timeout("1s")]
#[circuit_breaker(
    name = "predicate: far",
    failure_when = |_| list.len() == 2 && found.is_some(),
    order = explicit,
)]
async fn far(list: &mut Vec<u32>, found: Option<&mut u32>) -> Result<u32, Fault> {
    let (whole, found) = (list, found.ok_or(Fault::Late)?);
    whole.push(*found);
    fail("far").await
}

/// The closure for rejected calls, the predicates and the retry name the same arguments.
#[retry(max_retries = 1, base_delay = "0s", retry_if = |e| e.to_string() == name)]
#[circuit_breaker(
    name = "predicate: retried",
    failure_if = |e| e.to_string() == name,
    on_open = |_| Err(Fault::Named(format!("{name} is open"))),
    failure_threshold = 1
)]
async fn retried(name: String, log: &mut Vec<u32>) -> Result<u32, Fault> {
    log.push(1);
    fail(&name).await?;
    Ok(1)
}

#[circuit_breaker(
    name = "predicate: rejected",
    key = &name,
    on_open = |_| Err(Fault::Named(format!("{name} {}", log.len()))),
    failure_threshold = 1
)]
async fn rejected(name: String, log: &mut Vec<u32>) -> Result<u32, Fault> {
    let (name, log) = (name, log);
    log.push(1);
    fail(&name).await?;
    Ok(1)
}

#[expect(clippy::manual_async_fn, reason = "this form is tested, too")]
#[circuit_breaker(name = "predicate: returned", failure_if = |e| e.to_string() == *name)]
fn returned(name: &str) -> impl Future<Output = Result<u32, Fault>> + Send {
    async move { fail(name).await }
}

#[derive(Debug)]
struct Client(String, u32);

impl Client {
    #[circuit_breaker(name = "predicate: self", failure_if = |_| self.0.contains('b'))]
    async fn exclusive(&mut self) -> Result<u32, Fault> {
        self.0.push('b');
        tokio::task::yield_now().await;
        let this = self;
        this.1 += 1;
        fail(&this.0).await
    }

    #[fallback(value = 3)]
    #[circuit_breaker(name = "predicate: self below", failure_when = |_| self.1 == 1)]
    async fn below(&mut self) -> Result<u32, Fault> {
        self.1 += 1;
        fail(&format!("{self:?}")).await?;
        Ok(self.1)
    }

    #[timeout("1s")]
    #[circuit_breaker(
        name = "predicate: limited self",
        failure_when = |_| self.1 == 1,
        order = explicit,
    )]
    async fn limited(&mut self) -> Result<u32, Fault> {
        let this = self;
        this.1 += 1;
        fail(&this.0).await
    }

    #[circuit_breaker(name = "predicate: own self", failure_when = |_| self.1 == 1)]
    async fn own(mut self) -> Result<u32, Fault> {
        self.1 += 1;
        fail(&self.0).await?;
        Ok(self.1)
    }

    #[circuit_breaker(name = "predicate: pinned", failure_when = |_| self.1 == 1)]
    async fn pinned(self: Pin<&mut Self>) -> Result<u32, Fault> {
        let this = self.get_mut();
        this.1 += 1;
        fail(&this.0).await?;
        Ok(this.1)
    }

    #[circuit_breaker(name = "predicate: plain self", failure_if = |_| self.0.contains('b'))]
    fn plain(&mut self) -> Result<u32, Fault> {
        let this = self;
        this.0.push('b');
        Err(Fault::Late)
    }
}

#[async_trait]
trait Store {
    async fn load(&mut self, name: String) -> Result<u32, Fault>;
}

#[async_trait]
impl Store for Client {
    #[circuit_breaker(
        name = "predicate: boxed",
        failure_if = |e| self.1 == 1 && name == e.to_string()
    )]
    async fn load(&mut self, name: String) -> Result<u32, Fault> {
        self.1 += 1;
        fail(&name).await?;
        Ok(self.1)
    }
}

#[tokio::test]
async fn runs() {
    let name = || "ab".to_owned();
    let mut client = Client(String::new(), 0);
    let mut list = vec![1, 2];
    assert!(sendable(copy(0)).await.is_err());
    assert!(plain(0).is_err());
    assert!(sendable(owned(name())).await.is_err());
    assert!(sendable(block(name(), Cell::default())).await.is_err());
    assert!(sendable(not_sync(Cell::default())).await.is_err());
    assert!(sendable(emptied(&mut list)).await.is_err());
    assert!(sendable(moved_away(&mut vec![1])).await.is_err());
    assert!(plain_list(&mut vec![1]).is_err());
    assert!(sendable(optional(Some(&mut vec![0; 89]))).await.is_err());
    assert!(sendable(parts((1, name()), [0, 3])).await.is_err());
    assert!(sendable(shared("xx", "ab")).await.is_err());
    assert!(sendable(ignored(&mut false)).await.is_err());
    assert_eq!(sendable(below(name(), &mut 0)).await, Ok(9));
    assert_eq!(sendable(both(name(), &mut 0)).await, Ok(3));
    assert!(sendable(limited(&mut vec![])).await.is_err());
    assert!(sendable(far(&mut vec![], Some(&mut 1))).await.is_err());
    assert!(sendable(Client(name(), 0).limited()).await.is_err());
    assert!(sendable(returned("ab")).await.is_err());
    assert!(sendable(client.exclusive()).await.is_err());
    assert!(client.plain().is_err());
    assert_eq!(sendable(Client(name(), 0).below()).await, Ok(3));
    assert!(sendable(Client(name(), 0).own()).await.is_err());
    assert!(sendable(Pin::new(&mut Client(name(), 0)).pinned()).await.is_err());
    assert!(sendable(Client(name(), 0).load(name())).await.is_err());
    for (name, failures, ignored) in [
        ("copy", 1, 0),
        ("plain", 1, 0),
        ("owned", 1, 0),
        ("block", 1, 0),
        ("not sync", 1, 0),
        ("list", 0, 1),
        ("moved", 0, 1),
        ("plain list", 0, 1),
        ("option", 1, 0),
        ("parts", 1, 0),
        ("shared", 1, 0),
        ("ignored", 0, 1),
        ("below", 1, 0),
        ("both", 1, 0),
        ("limited", 1, 0),
        ("far", 1, 1),
        ("limited self", 1, 0),
        ("returned", 1, 0),
        ("self", 1, 0),
        ("plain self", 1, 0),
        ("self below", 1, 0),
        ("own self", 1, 0),
        ("pinned", 1, 0),
        ("boxed", 1, 0),
    ] {
        let totals = breaker(name).snapshot().totals;
        assert_eq!((totals.failure, totals.ignored), (failures, ignored), "{name}");
    }
    assert_eq!(breaker("copy").state(), CircuitState::Open);
    let open_for = breaker("option").snapshot().retry_after.unwrap();
    assert!(open_for > Duration::from_secs(80), "{open_for:?}");
}

fn breaker(name: &str) -> CircuitBreaker {
    Registry::global().get(&format!("predicate: {name}")).unwrap()
}

#[tokio::test]
async fn closures_for_rejected_calls_name_arguments() {
    let mut log = vec![];
    assert_eq!(retried("a".to_owned(), &mut log).await, Err(Fault::Named("a".to_owned())));
    let open = Err(Fault::Named("a is open".to_owned()));
    assert_eq!(retried("a".to_owned(), &mut log).await, open);
    assert_eq!(log.len(), 1);
    assert!(rejected("b".to_owned(), &mut log).await.is_err());
    assert_eq!(rejected("b".to_owned(), &mut log).await, Err(Fault::Named("b 2".to_owned())));
}
