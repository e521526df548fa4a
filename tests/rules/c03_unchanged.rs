//! Rule C3: calls through a breaker and a retry policy keep their outputs, their borrows and
//! `Send`.

use resilient_testkit::Fault;
use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use resilient::breaker::CircuitState;
use resilient::{CircuitBreaker, CircuitOpen, Classification, Classify, RetryPolicy};
use tokio::task::yield_now;

use crate::support::retry::{at_once, breaker};

#[tokio::test]
async fn c03_a_retried_call_can_be_spawned() {
    let task = tokio::spawn(async {
        at_once(2)
            .call()
            .run(async |attempt| {
                tokio::task::yield_now().await;
                if attempt.number() < 3 {
                    Err(Fault::Down(attempt.number()))
                } else {
                    Ok(attempt.number())
                }
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Ok(3));
}

#[tokio::test]
async fn c03_a_call_that_is_retried_through_a_breaker_can_be_spawned() {
    let breaker = breaker(100);
    let handle = breaker.clone();

    let task = tokio::spawn(async move {
        at_once(2)
            .call()
            .through(&handle)
            .run(async |attempt| {
                tokio::task::yield_now().await;
                Err::<(), _>(Fault::Down(attempt.number()))
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Err(Fault::Down(3)));
    assert_eq!(breaker.snapshot().totals.failure, 3);
}

#[tokio::test]
async fn c03_a_call_through_a_breaker_can_be_spawned() {
    let breaker = breaker(1);
    let handle = breaker.clone();

    let task = tokio::spawn(async move {
        handle
            .call(async || {
                tokio::task::yield_now().await;
                Err::<(), _>(Fault::Down(1))
            })
            .await
    });

    assert_eq!(task.await.unwrap(), Err(Fault::Down(1)));
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// An error that is `Send` but not `Sync`.
type Unshared = Box<dyn Error + Send>;

/// Wraps `Unshared` and implements the traits that the library needs.
#[derive(Debug)]
struct ConvertedError(Unshared);

impl From<Unshared> for ConvertedError {
    fn from(error: Unshared) -> Self {
        Self(error)
    }
}

impl From<CircuitOpen> for ConvertedError {
    fn from(open: CircuitOpen) -> Self {
        Self(Box::new(open))
    }
}

impl Classify for ConvertedError {
    fn classify(&self) -> Classification {
        if self.0.is::<CircuitOpen>() {
            Classification::ignored()
        } else {
            Classification::transient()
        }
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

struct Client {
    policy: RetryPolicy,
    breaker: CircuitBreaker,
    /// The number of calls of `fetch`.
    asked: AtomicU32,
    /// The number of classified outputs.
    judged: AtomicU32,
}

impl Client {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            policy: at_once(3),
            breaker: breaker(100),
            asked: AtomicU32::new(0),
            judged: AtomicU32::new(0),
        })
    }

    /// Fails twice and succeeds at the third attempt.
    async fn fetch<E: From<Unshared>>(&self, key: &str, number: u32) -> Result<String, E> {
        yield_now().await;
        self.asked.fetch_add(1, Relaxed);
        if number < 3 {
            let error: Unshared = Box::new(io::Error::other("down"));
            return Err(error.into());
        }
        Ok(format!("{key} {number}"))
    }

    fn judge<T, E>(&self, output: &Result<T, E>) -> Option<Classification> {
        self.judged.fetch_add(1, Relaxed);
        output.is_err().then(Classification::transient)
    }

    async fn run_async(&self, key: &str) -> Result<String, Unshared> {
        let call = self.policy.call().run(async |attempt| self.fetch(key, attempt.number()).await);
        sendable(call).await
    }

    async fn run_plain(&self, key: &str) -> Result<String, Unshared> {
        let call = self.policy.call().run(|attempt| self.fetch(key, attempt.number()));
        sendable(call).await
    }

    async fn run_with_async(&self, key: &str) -> Result<String, Unshared> {
        let call = self
            .policy
            .call()
            .classify_with(|output| self.judge(output))
            .run(async |attempt| self.fetch(key, attempt.number()).await);
        sendable(call).await
    }

    async fn run_with_plain(&self, key: &str) -> Result<String, Unshared> {
        let call = self
            .policy
            .call()
            .classify_with(|output| self.judge(output))
            .run(|attempt| async move { self.fetch(key, attempt.number()).await });
        sendable(call).await
    }

    async fn run_classified_async(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .classified()
            .run(async |attempt| self.fetch(key, attempt.number()).await);
        sendable(call).await
    }

    async fn run_classified_plain(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .classified()
            .run(|attempt| async move { self.fetch(key, attempt.number()).await });
        sendable(call).await
    }

    async fn run_through_async(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .through(&self.breaker)
            .run(async |attempt| self.fetch(key, attempt.number()).await);
        sendable(call).await
    }

    async fn run_through_plain(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .through(&self.breaker)
            .run(|attempt| async move { self.fetch(key, attempt.number()).await });
        sendable(call).await
    }

    async fn run_through_with_async(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .through(&self.breaker)
            .classify_with(|output| self.judge(output))
            .run(async |attempt| self.fetch(key, attempt.number()).await);
        sendable(call).await
    }

    async fn run_through_with_plain(&self, key: &str) -> Result<String, ConvertedError> {
        let call = self
            .policy
            .call()
            .through(&self.breaker)
            .classify_with(|output| self.judge(output))
            .run(|attempt| async move { self.fetch(key, attempt.number()).await });
        sendable(call).await
    }

    /// Counts attempts in a closure that changes a local variable and also borrows `self`.
    async fn count_attempts(&self, key: &str) -> (Result<String, Unshared>, u32) {
        let mut attempts = 0;
        let call = self.policy.call().run(|attempt| {
            attempts += 1;
            async move { self.fetch(key, attempt.number()).await }
        });
        let result = sendable(call).await;
        (result, attempts)
    }
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closure_for_run_borrows_it() {
    let client = Client::new();
    let (one, other) = (Arc::clone(&client), Arc::clone(&client));

    let by_async = tokio::spawn(async move { one.run_async("a").await });
    let by_plain = tokio::spawn(async move { other.run_plain("b").await });

    assert_eq!(by_async.await.unwrap().unwrap(), "a 3");
    assert_eq!(by_plain.await.unwrap().unwrap(), "b 3");
    assert_eq!(client.asked.load(Relaxed), 6);
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closures_for_run_with_borrow_it() {
    let client = Client::new();
    let (one, other) = (Arc::clone(&client), Arc::clone(&client));

    let by_async = tokio::spawn(async move { one.run_with_async("a").await });
    let by_plain = tokio::spawn(async move { other.run_with_plain("b").await });

    assert_eq!(by_async.await.unwrap().unwrap(), "a 3");
    assert_eq!(by_plain.await.unwrap().unwrap(), "b 3");
    assert_eq!(client.asked.load(Relaxed), 6);
    assert_eq!(client.judged.load(Relaxed), 6);
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closure_for_run_classified_borrows_it() {
    let client = Client::new();
    let (one, other) = (Arc::clone(&client), Arc::clone(&client));

    let by_async = tokio::spawn(async move { one.run_classified_async("a").await });
    let by_plain = tokio::spawn(async move { other.run_classified_plain("b").await });

    assert_eq!(by_async.await.unwrap().unwrap(), "a 3");
    assert_eq!(by_plain.await.unwrap().unwrap(), "b 3");
    assert_eq!(client.asked.load(Relaxed), 6);
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closure_for_run_through_borrows_it() {
    let client = Client::new();
    let (one, other) = (Arc::clone(&client), Arc::clone(&client));

    let by_async = tokio::spawn(async move { one.run_through_async("a").await });
    let by_plain = tokio::spawn(async move { other.run_through_plain("b").await });

    assert_eq!(by_async.await.unwrap().unwrap(), "a 3");
    assert_eq!(by_plain.await.unwrap().unwrap(), "b 3");
    assert_eq!(client.asked.load(Relaxed), 6);
    let totals = client.breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (2, 4));
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closures_for_run_through_with_borrow_it() {
    let client = Client::new();
    let (one, other) = (Arc::clone(&client), Arc::clone(&client));

    let by_async = tokio::spawn(async move { one.run_through_with_async("a").await });
    let by_plain = tokio::spawn(async move { other.run_through_with_plain("b").await });

    assert_eq!(by_async.await.unwrap().unwrap(), "a 3");
    assert_eq!(by_plain.await.unwrap().unwrap(), "b 3");
    assert_eq!(client.asked.load(Relaxed), 6);
    assert_eq!(client.judged.load(Relaxed), 6);
    let totals = client.breaker.snapshot().totals;
    assert_eq!((totals.success, totals.failure), (2, 4));
}

#[tokio::test]
async fn c03_a_method_can_be_spawned_whose_closure_changes_its_own_variable() {
    let client = Client::new();

    let task = tokio::spawn(async move { client.count_attempts("a").await });

    let (result, attempts) = task.await.unwrap();
    assert_eq!((result.unwrap().as_str(), attempts), ("a 3", 3));
}
