//! A service with a dependency, and its test suite.
//!
//! No test sleeps or needs a server, and each checks how often the dependency was called. Run the
//! tests with `cargo test --example testing --features test-util`. `cargo run --example testing
//! --features test-util` shows what a test can observe.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Mutex;

use resilient::testing::Scope;
use resilient::{
    BreakerConfig, CircuitBreaker, CircuitOpen, Classify, TimedOut, circuit_breaker, fallback,
    retry,
};

/// The errors of the warehouse.
#[derive(Debug, Clone, PartialEq, Classify)]
enum StockError {
    #[transient]
    Unreachable,
    #[answered]
    UnknownArticle,
    #[transient]
    TimedOut(TimedOut),
    #[ignored]
    Open(CircuitOpen),
}

impl From<TimedOut> for StockError {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<CircuitOpen> for StockError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

/// The warehouse, which is on the network or, in a test, scripted.
trait Warehouse: Sync {
    fn ask(&self, article: &str) -> impl Future<Output = Result<u32, StockError>> + Send;
}

/// The service, which reports the stock of an article. If the warehouse does not respond, the
/// service reports the last known stock.
struct Shop<W> {
    warehouse: W,
    breaker: CircuitBreaker,
    remembered: Mutex<Option<u32>>,
}

impl<W: Warehouse> Shop<W> {
    fn new(warehouse: W, breaker: CircuitBreaker) -> Self {
        Self { warehouse, breaker, remembered: Mutex::new(None) }
    }

    #[fallback(with = |error| self.remembered(error), except = StockError::UnknownArticle)]
    #[retry(max_retries = 2, base_delay = "200ms", attempt_timeout = "1s", deadline = "5s")]
    #[circuit_breaker(breaker = self.breaker)]
    async fn stock(&self, article: &str) -> Result<u32, StockError> {
        let stock = self.warehouse.ask(article).await?;
        if let Ok(mut remembered) = self.remembered.lock() {
            *remembered = Some(stock);
        }
        Ok(stock)
    }

    /// Returns the stock in the warehouse's last response. If there was no response, returns the
    /// error.
    fn remembered(&self, error: StockError) -> Result<u32, StockError> {
        let remembered = self.remembered.lock().ok().and_then(|stock| *stock);
        remembered.ok_or(error)
    }
}

/// A scripted warehouse. Each call takes the next response of the script.
struct Scripted {
    answers: Mutex<std::vec::IntoIter<Result<u32, StockError>>>,
}

impl Scripted {
    fn new(answers: Vec<Result<u32, StockError>>) -> Self {
        Self { answers: Mutex::new(answers.into_iter()) }
    }
}

impl Warehouse for Scripted {
    async fn ask(&self, _: &str) -> Result<u32, StockError> {
        let next = self.answers.lock().ok().and_then(|mut it| it.next());
        // After the last response, a call hangs.
        match next {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

fn shop(scope: &Scope, answers: Vec<Result<u32, StockError>>) -> Shop<Scripted> {
    // The breaker is for this test only, and reads the clock of the scope.
    let breaker = CircuitBreaker::with_clock("warehouse", BreakerConfig::default(), scope.clock());
    Shop::new(Scripted::new(answers), breaker)
}

struct Millis<'a>(&'a [std::time::Duration]);

impl fmt::Display for Millis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delays = self.0.iter().map(|delay| format!("{} ms", delay.as_millis()));
        let delays: Vec<_> = delays.collect();
        f.write_str(if delays.is_empty() { "not at all" } else { "" })?;
        f.write_str(&delays.join(", "))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match tell().await {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        // The reader of the output may close the pipe, as `head` does.
        _ => ExitCode::SUCCESS,
    }
}

async fn tell() -> io::Result<()> {
    let mut out = io::stdout();
    for (story, answers) in [
        ("a blip", vec![Err(StockError::Unreachable), Ok(7)]),
        ("no such article", vec![Err(StockError::UnknownArticle)]),
        ("an outage", vec![Err(StockError::Unreachable); 3]),
    ] {
        let scope = Scope::new();
        let stock = scope.run(shop(&scope, answers).stock("teapot")).await;
        let call = scope.call();
        writeln!(out, "{story}: {stock:?}")?;
        writeln!(out, "    attempts: {}", call.attempts())?;
        writeln!(out, "    would have waited: {}", Millis(call.delays()))?;
        writeln!(out, "    gave up: {:?}", call.gave_up())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use resilient::breaker::CircuitState;
    use resilient::retries::StopReason;

    use super::*;

    #[tokio::test]
    async fn a_blip_is_not_noticed() {
        let scope = Scope::new();
        let shop = shop(&scope, vec![Err(StockError::Unreachable), Ok(7)]);
        assert_eq!(scope.run(shop.stock("teapot")).await, Ok(7));
        scope.assert_attempts(2);
    }

    #[tokio::test]
    async fn an_unknown_article_is_asked_for_once_and_not_replaced_by_a_remembered_stock() {
        let scope = Scope::new();
        let shop = shop(&scope, vec![Ok(7), Err(StockError::UnknownArticle)]);
        assert_eq!(shop.stock("teapot").await, Ok(7));
        let result = scope.run(shop.stock("teacup")).await;
        assert_eq!(result, Err(StockError::UnknownArticle));
        scope.assert_attempts(1);
        assert_eq!(scope.call().gave_up(), Some(StopReason::NotRetryable));
    }

    #[tokio::test]
    async fn in_an_outage_the_last_known_stock_is_returned() {
        let scope = Scope::new();
        let mut answers = vec![Ok(7)];
        answers.extend(vec![Err(StockError::Unreachable); 3]);
        let shop = shop(&scope, answers);
        assert_eq!(shop.stock("teapot").await, Ok(7));
        assert_eq!(scope.run(shop.stock("teapot")).await, Ok(7));
        scope.assert_attempts(3);
    }

    #[tokio::test]
    async fn delays_stay_within_their_bounds() {
        for seed in 0..100 {
            let scope = Scope::new().seed(seed);
            let shop = shop(&scope, vec![Err(StockError::Unreachable); 3]);
            let result = scope.run(shop.stock("teapot")).await;
            assert_eq!(result, Err(StockError::Unreachable));
            let [first, second] = *scope.call().delays() else {
                panic!("two delays for three attempts");
            };
            assert!(first <= Duration::from_millis(200));
            assert!(second <= Duration::from_millis(400));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_warehouse_that_hangs_opens_the_circuit_and_comes_back() {
        let scope = Scope::new();
        let shop = shop(&scope, Vec::new());
        // The three attempts of the first call time out, and so do two attempts of the second call.
        // The fifth timeout opens the circuit.
        for _ in 0..2 {
            let result = scope.run(shop.stock("teapot")).await;
            assert!(matches!(result, Err(StockError::TimedOut(_))), "{result:?}");
        }
        assert_eq!(shop.breaker.state(), CircuitState::Open);
        scope.clock().advance(Duration::from_secs(30));
        assert_eq!(shop.breaker.state(), CircuitState::HalfOpen);
    }
}
