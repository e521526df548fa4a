//! The attributes work with elided, named, anonymous, outliving, `'static` and higher-ranked
//! lifetimes, in futures that move between threads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[derive(Debug, PartialEq)]
struct Fault<'a>(&'a str);

impl From<CircuitOpen> for Fault<'_> {
    fn from(_: CircuitOpen) -> Self {
        Fault("open")
    }
}

struct Reader<'r> {
    text: &'r str,
    calls: AtomicU32,
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

impl<'r> Reader<'r> {
    fn third(&self) -> Result<u32, Fault<'r>> {
        let n = self.calls.fetch_add(1, SeqCst) + 1;
        if n % 3 == 0 { Ok(n) } else { Err(Fault(self.text)) }
    }

    #[retry]
    #[circuit_breaker(name = "of a type")]
    async fn of_the_type(&self) -> Result<&'r str, Fault<'r>> {
        self.third()?;
        tokio::task::yield_now().await;
        Ok(self.text)
    }

    #[retry]
    async fn anonymous(&self, other: &Reader<'_>, cow: Cow<'_, str>) -> Result<String, Fault<'r>> {
        tokio::task::yield_now().await;
        self.third()?;
        Ok(format!("{}{}{}", self.text, other.text, cow.into_owned()))
    }

    #[circuit_breaker(name = "longer", order = explicit)]
    #[retry]
    async fn longer<'s, 'o: 's>(&'s mut self, other: &'o str) -> Result<&'s str, Fault<'r>>
    where
        'r: 's,
    {
        self.third()?;
        Ok(if other.len() > self.text.len() { other } else { self.text })
    }
}

#[retry]
async fn for_ever(
    text: &'static str,
    calls: &'static AtomicU32,
) -> Result<&'static str, Fault<'static>> {
    tokio::task::yield_now().await;
    if calls.fetch_add(1, SeqCst) < 2 { Err(Fault("busy")) } else { Ok(text) }
}

#[retry]
async fn higher_ranked<F>(texts: &[String], choose: F, calls: &AtomicU32) -> Option<String>
where
    F: for<'a> Fn(&'a str, &'a str) -> &'a str + Clone + Send,
{
    let mut best = "";
    for text in texts {
        best = choose(best, text);
        tokio::task::yield_now().await;
    }
    (calls.fetch_add(1, SeqCst) == 2).then(|| best.to_owned())
}

#[retry]
#[circuit_breaker]
async fn with_futures(
    call: &(dyn for<'a> Fn(&'a str) -> Later<'a, usize> + Sync),
    calls: &AtomicU32,
) -> Option<usize> {
    let local = String::from("local");
    let length = call(&local).await;
    (calls.fetch_add(1, SeqCst) == 2).then_some(length)
}

#[retry(borrow(call))]
async fn with_async_closures(
    call: impl AsyncFn(&str) -> usize,
    calls: &AtomicU32,
) -> Option<usize> {
    let local = String::from("local");
    let length = call(&local).await;
    (calls.fetch_add(1, SeqCst) == 2).then_some(length)
}

/// If the future stored a value of the call with erased lifetimes, the compiler would report "not
/// general enough".
#[retry]
#[circuit_breaker(name = "streams")]
async fn mapped<'a>(
    texts: &[&'a str],
    index: &mut BTreeMap<&'a str, usize>,
) -> Result<Vec<&'a str>, Fault<'a>> {
    let futures = texts.iter().map(|text| async move {
        tokio::task::yield_now().await;
        text.trim()
    });
    let mut all = Vec::new();
    for future in futures {
        let text = future.await;
        index.insert(text, index.len());
        all.push(text);
    }
    match index.len() {
        3 => Ok(all),
        _ => Err(Fault(all.first().copied().unwrap_or_default())),
    }
}

fn erased<'a>(texts: &'a [&'a str]) -> Later<'a, usize> {
    Box::pin(async move {
        let mut index = BTreeMap::new();
        mapped(texts, &mut index).await.map_or(0, |all| all.len())
    })
}

#[retry(base_delay = "0s")]
fn plain<'a, 'b>(
    left: &'a str,
    right: &'b str,
    log: &mut dyn fmt::Write,
) -> Option<(&'b str, &'a str)> {
    write!(log, "{left}{right}").ok()?;
    Some((right, left))
}

#[tokio::test(start_paused = true)]
async fn runs() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let owned = String::from("text");
    let mut reader = Reader { text: &owned, calls: AtomicU32::new(0) };
    assert_eq!(sendable(reader.of_the_type()).await, Ok("text"));
    let other = Reader { text: "other", calls: AtomicU32::new(0) };
    let joined = sendable(reader.anonymous(&other, "x".into())).await;
    assert_eq!(joined.as_deref(), Ok("textotherx"));
    assert_eq!(sendable(reader.longer("longer")).await, Ok("longer"));
    assert_eq!(reader.calls.load(SeqCst), 9);
    assert_eq!(tokio::spawn(for_ever("x", &CALLS)).await.unwrap(), Ok("x"));
    assert_eq!(CALLS.swap(0, SeqCst), 3);

    let texts = ["a".to_owned(), "bcd".to_owned()];
    fn choose<'a>(a: &'a str, b: &'a str) -> &'a str {
        if a.len() > b.len() { a } else { b }
    }
    let found = sendable(higher_ranked(&texts, choose, &CALLS)).await;
    assert_eq!(found.as_deref(), Some("bcd"));
    assert_eq!(CALLS.swap(0, SeqCst), 3);
    fn length(text: &str) -> Later<'_, usize> {
        Box::pin(async move { text.len() })
    }
    assert_eq!(sendable(with_futures(&length, &CALLS)).await, Some(5));
    assert_eq!(CALLS.swap(0, SeqCst), 3);
    let call = async |text: &str| text.len();
    assert_eq!(with_async_closures(call, &CALLS).await, Some(5));
    assert_eq!(CALLS.swap(0, SeqCst), 3);
    assert_eq!(tokio::spawn(erased(&[" a", "b ", "c"])).await.unwrap(), 3);
    assert_eq!(plain("a", "b", &mut String::new()), Some(("b", "a")));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("of a type").failure, totals("of a type").success), (2, 1));
    assert_eq!(totals("longer").success, 1);
    assert_eq!(totals("streams").success, 1);
}
