//! A format string may name `self`, even if the body also moves `self`.

use std::fmt::{self, Display, Write};
use std::sync::Mutex;

use resilient::{circuit_breaker, retry};

#[derive(Debug, Clone, PartialEq)]
struct Counter {
    count: u32,
}

impl Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}", self.count)
    }
}

fn count(counter: &mut Counter) -> u32 {
    counter.count += 1;
    counter.count
}

impl Counter {
    #[retry(base_delay = "0s")]
    #[circuit_breaker]
    async fn exclusive(&mut self, log: &Mutex<String>, name: &str) -> Option<u32> {
        let width = 5;
        log.lock().unwrap().push_str(&format!("{name}: {self} {self:?} {0:>width$}; ", self.count));
        let this = self;
        (count(this) > 2).then_some(this.count)
    }

    #[retry(base_delay = "0s")]
    async fn captured(&mut self) -> Option<String> {
        let count = async move {
            self.count += 1;
            assert!(self.count > 0, "{self}");
            (self.count > 1).then(|| format!("{self}",))
        };
        count.await
    }

    #[retry(base_delay = "0s", max_retries = 1)]
    fn owned(self) -> Result<Counter, String> {
        let text = format!("{{self}} {self}");
        let moved = self;
        if moved.count > 7 { Ok(moved) } else { Err(text) }
    }

    #[retry(base_delay = "0s")]
    fn owned_and_changed(mut self, f: &mut String) -> Option<Counter> {
        self.count += 1;
        write!(f, "{self}; ").ok()?;
        std::write!(f, "{} {self}; ", self.count).ok()?;
        (f.len() > 20).then_some(self)
    }

    #[retry(base_delay = "0s", max_retries = 1)]
    async fn told(&mut self) -> Option<u32> {
        tracing::info!("{self}");
        tracing::debug!(target: "counter", counter = %self, "{self:?} {}", self.count);
        Some(count(self)).filter(|count| *count > 1)
    }

    #[retry(base_delay = "0s", max_retries = 1)]
    async fn fails(&mut self) -> anyhow::Result<()> {
        anyhow::ensure!(self.count > 2, "{self}");
        count(self);
        anyhow::bail!("failed: {self}")
    }

    /// An unknown macro may name `self` in a format string if the body does not move `self`.
    #[retry(base_delay = "0s", max_retries = 1)]
    fn unknown(&mut self) -> Option<String> {
        self.count += 1;
        let text = custom!("{self}");
        (self.count > 1).then_some(text)
    }
}

macro_rules! custom {
    ($text:literal) => {
        format!($text)
    };
}
use custom;

#[tokio::test(start_paused = true)]
async fn runs() {
    let counter = |count| Counter { count };
    let log = Mutex::default();
    assert_eq!(counter(1).exclusive(&log, "a").await, Some(3));
    let expected = "a: no 1 Counter { count: 1 }     1; a: no 2 Counter { count: 2 }     2; ";
    assert_eq!(log.into_inner().unwrap(), expected);
    assert_eq!(counter(0).captured().await.as_deref(), Some("no 2"));
    assert_eq!(counter(3).owned(), Err("{self} no 3".to_owned()));
    let mut text = String::new();
    assert_eq!(counter(1).owned_and_changed(&mut text), Some(counter(2)));
    assert_eq!(text, "no 2; 2 no 2; no 2; 2 no 2; ");
    assert_eq!(counter(0).told().await, Some(2));
    assert_eq!(counter(3).fails().await.unwrap_err().to_string(), "failed: no 5");
    assert_eq!(counter(0).unknown().as_deref(), Some("no 2"));
}
