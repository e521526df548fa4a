//! A function may return `Result` under any alias, `Option`, or any type with a predicate.

use std::error::Error;
use std::fmt::Display;
use std::io;

use resilient::outcome::Fallible;
use resilient::{CircuitOpen, circuit_breaker, retry};

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[retry(max_retries = 1, base_delay = "0s")]
#[circuit_breaker]
async fn boxed_error(text: &str) -> Answer<u32> {
    if text.is_empty() {
        return Err("empty".into());
    }
    let number: u32 = text.parse()?;
    Ok(number)
}

#[retry(max_retries = 1, base_delay = "0s")]
fn input_or_output(text: &str) -> io::Result<u32> {
    text.parse().map_err(|error| io::Error::new(io::ErrorKind::Other, error))
}

#[retry]
#[circuit_breaker(on_open = |_| Ok(Vec::new().into_iter()))]
fn opaque(n: u32) -> Result<impl Iterator<Item = u32>, String> {
    let all: Vec<_> = (0..n).collect();
    Ok(all.into_iter())
}

#[retry]
async fn opaque_in_a_tuple<'a>(text: &'a str) -> Option<(u32, impl Display + use<'a>)> {
    Some((1, text.trim()))
}

#[retry(retry_when = |_| false)]
fn opaque_alone(n: u32) -> impl Fn(u32) -> u32 {
    move |m| n + m
}

#[retry(retry_when = |value| *value < 3, base_delay = "0s", attempt = attempt)]
fn number() -> u32 {
    attempt.number()
}

#[circuit_breaker(failure_when = |_| false, on_open = |_| String::new())]
async fn text() -> String {
    "text".into()
}

#[retry]
fn never_good() -> Result<std::convert::Infallible, String> {
    Err("always".into())
}

struct Matrix<const N: usize>([u32; N]);

impl<const N: usize> Matrix<N> {
    #[retry]
    fn new() -> Option<Self> {
        Some(Self([0; N]))
    }

    #[retry]
    #[circuit_breaker]
    fn rows(&self) -> Option<[&u32; N]> {
        Some(self.0.each_ref())
    }

    #[retry]
    fn slice(&self) -> Option<&[u32]> {
        Some(&self.0)
    }
}

#[derive(Debug, PartialEq)]
enum Reply {
    Good,
    Bad(u16),
}

impl Fallible for Reply {
    type Error = u16;

    fn failure(&self) -> Option<&u16> {
        match self {
            Reply::Good => None,
            Reply::Bad(status) => Some(status),
        }
    }
}

#[retry(max_retries = 1, base_delay = "0s", on = 500.., attempt = attempt)]
#[circuit_breaker(ignore = ..500, on_open = |_: CircuitOpen| Reply::Bad(503))]
fn of_ones_own() -> Reply {
    if attempt.number() > 1 { Reply::Good } else { Reply::Bad(500) }
}

#[retry(base_delay = "0s", max_retries = 2)]
fn nested() -> Result<Option<Result<u32, ()>>, String> {
    Ok(Some(Err(())))
}

#[tokio::test]
async fn runs() {
    assert_eq!(boxed_error("3").await.unwrap(), 3);
    assert!(boxed_error("x").await.is_err() && boxed_error("").await.is_err());
    assert!(input_or_output("x").is_err());
    assert_eq!(opaque(3).unwrap().sum::<u32>(), 3);
    assert_eq!(opaque_in_a_tuple(" a ").await.unwrap().1.to_string(), "a");
    assert_eq!(opaque_alone(1)(2), 3);
    assert_eq!(number(), 3);
    assert_eq!(text().await, "text");
    if std::env::args().count() > 100 {
        let _ = never_good();
    }
    let matrix = Matrix::<2>::new().unwrap();
    assert_eq!(matrix.rows(), Some([&0, &0]));
    assert_eq!(matrix.slice(), Some(&[0, 0][..]));
    assert_eq!(of_ones_own(), Reply::Good);
    assert_eq!(nested(), Ok(Some(Err(()))));
}
