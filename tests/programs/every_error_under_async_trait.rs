//! With `errors = all` under `#[async_trait]`, the body returns the error of one attempt, as it
//! does without `#[async_trait]`.

use std::pin::Pin;

use async_trait::async_trait;
use resilient::{CircuitOpen, RetryError, TimedOut, circuit_breaker, fallback, retry, timeout};

#[derive(Debug, PartialEq)]
enum Fault {
    Text(String),
    Parse,
    Cut,
}

impl From<std::num::ParseIntError> for Fault {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::Parse
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Cut
    }
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::Cut
    }
}

#[async_trait]
trait Bank: Sync {
    async fn pay(&mut self, text: String, (a, b): (u32, u32)) -> Result<u32, RetryError<Fault>>;

    async fn pairs(&self) -> Result<Box<dyn Iterator<Item = (u8, u8)> + Send>, RetryError<Fault>>;

    #[retry(max_retries = 1, base_delay = "0s", errors = all)]
    async fn parsed(&self, text: &str) -> Result<u32, RetryError<Fault>> {
        if text.is_empty() {
            return Err(Fault::Text("empty".into()));
        }
        Ok(text.parse()?)
    }
}

#[derive(Default)]
struct Remote {
    calls: u32,
}

#[async_trait]
impl Bank for Remote {
    #[fallback(
        with = |error: RetryError<Fault>| if text == "plan b" { Ok(self.calls) } else { Err(error) }
    )]
    #[retry(max_retries = 2, base_delay = "0s", errors = all, attempt = attempt, deadline = "1m")]
    #[circuit_breaker(name = "remote", failure_threshold = 100)]
    #[timeout("10s")]
    async fn pay(&mut self, text: String, (a, b): (u32, u32)) -> Result<u32, RetryError<Fault>> {
        self.calls += a + b;
        Err(Fault::Text(format!("{text} {}", attempt.number())))
    }

    #[retry(errors = all)]
    async fn pairs(&self) -> Result<Box<dyn Iterator<Item = (u8, u8)> + Send>, RetryError<Fault>> {
        Ok(Box::new(std::iter::once((1, 2))))
    }
}

#[async_trait(?Send)]
trait Local {
    #[retry(max_retries = 1, base_delay = "0s", errors = all)]
    async fn local(&self) -> Result<std::rc::Rc<u32>, RetryError<&'static str>> {
        Err("down")
    }
}

impl Local for Remote {}

/// The body looks like the body that `#[async_trait]` writes, but its types stay unchanged, because
/// this is an ordinary function.
#[retry(max_retries = 1, base_delay = "0s", errors = all)]
fn alike(n: u32) -> Pin<Box<dyn Future<Output = Result<u32, RetryError<String>>> + Send>> {
    Box::pin(async move {
        if let Some(some) = None::<u32> {
            return Ok(some);
        }
        let __ret: Result<u32, String> = { Err(n.to_string()) };
        __ret
    })
}

#[tokio::test]
async fn runs() {
    let mut remote = Remote::default();
    let error = remote.pay("x".to_owned(), (1, 2)).await.unwrap_err();
    let errors: Vec<_> = error.attempts().map(|failed| failed.error()).collect();
    let text = |text: &str| Fault::Text(text.to_owned());
    assert_eq!(errors, [&text("x 1"), &text("x 2"), &text("x 3")]);
    assert_eq!(remote.pay("plan b".to_owned(), (0, 1)).await.unwrap(), 12);

    let mut bank: Box<dyn Bank + Send> = Box::new(remote);
    assert_eq!(bank.pay("plan b".to_owned(), (0, 0)).await.unwrap(), 12);
    assert_eq!(bank.parsed("7").await.unwrap(), 7);
    assert_eq!(bank.parsed("").await.unwrap_err().attempts().count(), 2);
    assert!(
        bank.parsed("x")
            .await
            .unwrap_err()
            .attempts()
            .all(|failed| *failed.error() == Fault::Parse)
    );
    assert_eq!(bank.pairs().await.unwrap().next(), Some((1, 2)));
    assert_eq!(alike(1).await.unwrap_err().attempts().count(), 2);
    assert_eq!(Remote::default().local().await.unwrap_err().attempts().count(), 2);
}
