//! An `Option` of an exclusive reference is lent to each attempt.

use std::fmt::{self, Write};
use std::pin::Pin;

use resilient::{CircuitOpen, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, PartialEq)]
enum Fault {
    Down,
    Open,
    Late,
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

impl From<fmt::Error> for Fault {
    fn from(_: fmt::Error) -> Self {
        Self::Down
    }
}

fn note(log: Option<&mut Vec<u8>>) {
    if let Some(log) = log {
        log.push(1);
    }
}

fn write(log: Option<&mut dyn Write>) -> fmt::Result {
    log.map_or(Ok(()), |log| log.write_char('x'))
}

fn pinned(log: Option<Pin<&mut Vec<u8>>>) {
    if let Some(log) = log {
        Pin::into_inner(log).push(2);
    }
}

#[retry(max_retries = 2, base_delay = "0s")]
async fn moved(log: Option<&mut Vec<u8>>) -> Result<(), Fault> {
    note(log);
    Err(Fault::Down)
}

#[retry(max_retries = 2, base_delay = "0s")]
fn plain(log: Option<&mut Vec<u8>>) -> Result<(), Fault> {
    note(log);
    Err(Fault::Down)
}

#[retry(max_retries = 2, base_delay = "0s")]
#[circuit_breaker]
#[timeout("1s")]
async fn changed<'a>(
    mut log: std::option::Option<&'a mut Vec<u8>>,
    text: Option<&'a mut (dyn Write + Send + 'a)>,
) -> Result<(), Fault> {
    if let Some(log) = &mut log {
        log.push(3);
    }
    note(log.as_deref_mut());
    tokio::task::yield_now().await;
    note(log);
    if let Some(text) = text {
        text.write_char('y')?;
    }
    Err(Fault::Down)
}

#[retry(max_retries = 2, base_delay = "0s", deadline = "1s")]
#[circuit_breaker]
async fn erased(log: Option<&mut dyn Write>) -> Result<(), Fault> {
    write(log)?;
    Err(Fault::Down)
}

#[timeout("1s")]
#[retry(max_retries = 2, base_delay = "0s")]
async fn enclosed(log: Option<&mut impl Write>, item: String) -> Result<(), Fault> {
    drop(item);
    if let Some(log) = log {
        log.write_char('z')?;
    }
    Err(Fault::Down)
}

#[retry(max_retries = 2, base_delay = "0s")]
async fn of_pins(log: Option<Pin<&mut Vec<u8>>>) -> Result<(), Fault> {
    pinned(log);
    Err(Fault::Down)
}

#[fallback(with = |_| { note(log); Ok(()) })]
async fn replaced(log: Option<&mut Vec<u8>>) -> Result<(), Fault> {
    note(log);
    Err(Fault::Down)
}

struct Client<'a> {
    calls: u32,
    log: Option<&'a mut Vec<u8>>,
}

impl<'a> Client<'a> {
    #[retry(max_retries = 2, base_delay = "0s")]
    async fn call<T: Write + ?Sized>(
        &mut self,
        (a, b): (u8, u8),
        log: Option<&'a mut T>,
    ) -> Result<(), Fault> {
        self.calls += 1;
        note(self.log.as_deref_mut());
        if let Some(log) = log {
            write!(log, "{a}{b}")?;
        }
        Err(Fault::Down)
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn runs() {
    let (mut log, mut text) = (Vec::new(), String::new());
    assert_eq!(sendable(moved(Some(&mut log))).await, Err(Fault::Down));
    assert_eq!(moved(None).await, Err(Fault::Down));
    assert_eq!(plain(Some(&mut log)), Err(Fault::Down));
    assert_eq!(log, [1; 6]);
    log.clear();
    assert_eq!(sendable(changed(Some(&mut log), Some(&mut text))).await, Err(Fault::Down));
    assert_eq!((log.as_slice(), text.as_str()), (&[3, 1, 1, 3, 1, 1, 3, 1, 1][..], "yyy"));
    text.clear();
    assert_eq!(erased(Some(&mut text)).await, Err(Fault::Down));
    assert_eq!(sendable(enclosed(Some(&mut text), "item".to_owned())).await, Err(Fault::Down));
    assert_eq!(text, "xxxzzz");
    log.clear();
    assert_eq!(sendable(of_pins(Some(Pin::new(&mut log)))).await, Err(Fault::Down));
    assert_eq!(log, [2; 3]);
    assert_eq!(sendable(replaced(Some(&mut log))).await, Ok(()));
    assert_eq!(log, [2, 2, 2, 1, 1]);
    log.clear();
    let mut client = Client { calls: 0, log: Some(&mut log) };
    assert_eq!(sendable(client.call((4, 2), Some(&mut text))).await, Err(Fault::Down));
    assert_eq!((client.calls, log.len(), text.as_str()), (3, 3, "xxxzzz424242"));
}
