//! `Result` may be `io::Result<()>`, `fmt::Result`, `anyhow::Result<T>`, an alias of the user, or
//! an associated type.

use std::error::Error;
use std::fmt::{self, Write};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use anyhow::Context;
use resilient::outcome::Fallible;
use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Fault {}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Fault(open.breaker().to_owned())
    }
}

type Answer<T = (), E = Fault> = std::result::Result<T, E>;
type Dynamic<T> = Result<T, Box<dyn Error + Send + Sync + 'static>>;

fn third() -> Answer<u32> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n.to_string())),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
async fn unit() -> io::Result<()> {
    third().map_err(io::Error::other)?;
    tokio::task::yield_now().await;
    Ok(())
}

#[retry(base_delay = "0s", except = error if error.kind() == io::ErrorKind::NotFound)]
#[circuit_breaker(name = "io")]
fn found() -> io::Result<u32> {
    third().map_err(io::Error::other)
}

#[retry(base_delay = "0s")]
fn formatted(into: &mut impl Write) -> fmt::Result {
    write!(into, "{}", CALLS.load(SeqCst))?;
    third().map_err(|_| fmt::Error)?;
    Ok(())
}

#[retry]
#[circuit_breaker(name = "anyhow", failure_threshold = 3, recovery_time = "1h")]
async fn anyhow(text: &str) -> anyhow::Result<u32> {
    let n: u32 = text.parse().with_context(|| format!("not {text}"))?;
    if n > 100 {
        anyhow::bail!("too much");
    }
    anyhow::ensure!(n > 0, "nothing");
    third()?;
    tokio::task::yield_now().await;
    Ok(n)
}

#[circuit_breaker(name = "of one's own", order = explicit)]
#[retry]
async fn of_ones_own() -> Answer {
    third()?;
    Ok(())
}

#[retry]
async fn of_ones_own_with_a_type() -> Answer<u32> {
    third()
}

#[retry]
#[circuit_breaker]
async fn dynamic(text: &str) -> Dynamic<u32> {
    third()?;
    let n: u32 = text.parse()?;
    if n == 0 {
        return Err("nothing".into());
    }
    Ok(n)
}

trait Service {
    type Answer: Fallible + From<u32>;
    type Error: From<Fault>;

    #[retry(base_delay = "0s", retry_when = |_| CALLS.load(SeqCst) < 3)]
    fn associated(&self) -> Self::Answer {
        CALLS.fetch_add(1, SeqCst).into()
    }

    #[retry]
    async fn with_an_error(&self) -> Result<u32, Self::Error> {
        Ok(third()?)
    }
}

struct Wrapped(Result<u32, ()>);

impl From<u32> for Wrapped {
    fn from(n: u32) -> Self {
        Wrapped(Ok(n))
    }
}

impl Fallible for Wrapped {
    type Error = ();

    fn failure(&self) -> Option<&()> {
        self.0.as_ref().err()
    }
}

impl Service for () {
    type Answer = Wrapped;
    type Error = Fault;
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    sendable(unit()).await.unwrap();
    counted(3);
    assert_eq!(found().unwrap(), 3);
    counted(3);
    let mut text = String::new();
    formatted(&mut text).unwrap();
    assert_eq!(text, "012");
    counted(3);
    assert_eq!(sendable(anyhow("7")).await.unwrap(), 7);
    counted(3);
    let error = sendable(anyhow("x")).await.unwrap_err();
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    let error = sendable(anyhow("1")).await.unwrap_err();
    assert_eq!(error.downcast_ref::<CircuitOpen>().unwrap().breaker(), "anyhow");
    counted(0);
    assert_eq!(sendable(of_ones_own()).await, Ok(()));
    counted(3);
    assert_eq!(sendable(of_ones_own_with_a_type()).await, Ok(3));
    counted(3);
    assert_eq!(sendable(dynamic("8")).await.unwrap(), 8);
    counted(3);
    assert_eq!(().associated().0, Ok(2));
    counted(3);
    assert_eq!(().with_an_error().await, Ok(3));
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("io"), (1, 2));
    assert_eq!(totals("anyhow"), (1, 5));
    assert_eq!(totals("of one's own"), (1, 0));
}
