//! The attributes raise no compiler lint on functions of every shape.
#![deny(warnings, missing_docs, unused, nonstandard_style, let_underscore, rust_2018_idioms)]
#![deny(
    unused_results,
    unused_qualifications,
    unused_lifetimes,
    unused_import_braces,
    trivial_casts
)]
#![deny(
    trivial_numeric_casts,
    unreachable_pub,
    missing_debug_implementations,
    elided_lifetimes_in_paths
)]
#![deny(single_use_lifetimes, explicit_outlives_requirements, redundant_lifetimes, unit_bindings)]
#![deny(variant_size_differences, missing_copy_implementations, unsafe_op_in_unsafe_fn)]
#![deny(
    impl_trait_redundant_captures,
    ambiguous_negative_literals,
    deprecated_safe_2024,
    let_underscore_drop
)]
#![deny(
    macro_use_extern_crate,
    unstable_features,
    unsafe_attr_outside_unsafe,
    unused_macro_rules,
    keyword_idents
)]
#![deny(clippy::all, clippy::pedantic)]
#![allow(
    clippy::ignored_unit_patterns,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::redundant_closure_for_method_calls,
    clippy::too_many_arguments,
    reason = "these lints are about the user's own code"
)]

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilient::retries::{GiveUpEvent, RetryEvent};
use resilient::{CircuitBreaker, CircuitOpen, RetryPolicy, circuit_breaker, retry};

/// The error.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// It is busy.
    Busy,
    /// The circuit is open.
    Open(CircuitOpen),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

/// A client.
#[derive(Debug, Clone, Default)]
pub struct Client {
    calls: u32,
    breaker: CircuitBreaker,
    policy: RetryPolicy,
}

fn told(_: &RetryEvent<'_, Result<u32, Fault>>) {}

/// Uses every key that takes an expression.
///
/// # Errors
///
/// Always.
#[retry(
    max_attempts = attempts,
    backoff = constant,
    base_delay = Duration::ZERO,
    max_delay = "1s",
    jitter = 0.5,
    on = Fault::Busy | Fault::Open(_),
    except = Fault::Open(_),
    retry_if = |fault| *fault == Fault::Busy,
    retry_when = |output| output.is_err(),
    retry_after = |_| None,
    max_retry_after = "1m",
    max_elapsed = "1h",
    when_open = wait,
    attempt = attempt,
    on_retry = told,
    on_give_up = |end: &GiveUpEvent<'_, _>| assert_eq!(end.attempts(), attempts),
    borrow(text),
    clone(number),
)]
#[circuit_breaker(
    name = "every key",
    failure_threshold = 100,
    recovery_time = "1s",
    recovery_factor = 2,
    max_recovery_time = "10s",
    recovery_jitter = "10%",
    half_open_max_calls = 2,
    half_open_successes = 2,
    half_open_failures = 1,
    probe_timeout = Duration::from_secs(5),
    abandoned = failure,
    failure = Fault::Busy,
    ignore = Fault::Open(_),
    failure_if = |_| false,
    failure_when = |output| output.is_err(),
    ignore_if = |_| false,
    retry_after = |_| None,
    on_open = |open| Err(Fault::Open(open)),
)]
pub async fn every_key(attempts: u32, text: String, number: u32) -> Result<u32, Fault> {
    let _ = (text.len(), number, attempt.number());
    Err(Fault::Busy)
}

/// A plain function with the breaker above the retry. Uses every key that takes an expression.
///
/// # Errors
///
/// Always.
#[circuit_breaker(breaker = client.breaker, failure_if = |_| true, order = explicit)]
#[retry(policy = client.policy, on_retry = |_| (), retry_when = Result::is_err)]
pub fn with_objects(client: &Client) -> Result<u32, Fault> {
    if client.calls > 100 {
        return Ok(client.calls);
    }
    Err(Fault::Busy)
}

/// Arguments of every kind.
///
/// # Errors
///
/// Never.
#[retry]
#[circuit_breaker]
pub async fn arguments<'a, T, const N: usize>(
    borrowed: &'a str,
    owned: String,
    mut changed: u32,
    exclusive: &mut Vec<u32>,
    (left, mut right): (u32, u32),
    [first, ..]: [T; 2],
    _rest: [u8; N],
    shown: impl Display + Clone + Send,
    _ignored: Arc<AtomicU32>,
    _: u32,
) -> Result<(&'a str, T), Fault>
where
    T: Clone + Send + Sync,
{
    changed += left;
    right += changed;
    exclusive.push(right);
    std::future::ready(()).await;
    drop(owned);
    drop(shown.to_string());
    Ok((borrowed, first))
}

/// Arguments of every kind, in a plain function.
#[retry]
pub fn plain_arguments<T: Clone>(
    owned: String,
    mut changed: u32,
    exclusive: &mut Vec<T>,
    (left, mut right): (u32, T),
) -> Option<T> {
    changed += left;
    exclusive.push(right.clone());
    if owned.len() > changed as usize {
        right = exclusive.pop()?;
    }
    drop(owned);
    Some(right)
}

/// No arguments, and an empty body.
#[retry(retry_when = |_| false)]
pub async fn nothing() {}

/// No arguments and an empty body, in a plain function.
#[retry(retry_when = |()| false)]
#[circuit_breaker(failure_when = |()| false, on_open = |_| ())]
pub fn plain_nothing() {}

/// A body that always returns early.
#[retry]
pub async fn returns() -> Option<u32> {
    return Some(1);
}

/// A body that always fails.
///
/// # Errors
///
/// Always.
#[retry(max_retries = 1)]
#[circuit_breaker]
pub fn bails() -> Result<u32, Fault> {
    Err(Fault::Busy)?
}

/// A body that panics.
///
/// # Panics
///
/// Always.
#[retry]
#[circuit_breaker]
pub async fn panics() -> Option<u32> {
    panic!("always")
}

/// A body without an end.
#[retry]
pub fn runs() -> Option<u32> {
    loop {
        if std::process::id() > 0 {
            break None;
        }
    }
}

/// A method in a trait.
pub trait Api {
    /// Has a default body.
    ///
    /// # Errors
    ///
    /// Never.
    #[retry]
    #[circuit_breaker]
    fn get(&self, key: &str) -> Result<usize, Fault> {
        Ok(key.len())
    }
    /// Implemented by a type.
    fn put(&mut self, value: u32) -> Option<u32>;
    /// Returns a future.
    fn later(&self) -> impl Future<Output = Option<u32>> + Send;
}

impl Api for Client {
    #[retry]
    fn put(&mut self, value: u32) -> Option<u32> {
        self.calls += value;
        Some(self.calls)
    }

    #[retry]
    #[circuit_breaker]
    async fn later(&self) -> Option<u32> {
        Some(self.calls)
    }
}

impl Client {
    /// Takes `&self`.
    #[retry]
    #[circuit_breaker]
    pub async fn shared(&self) -> Option<u32> {
        Some(self.calls)
    }

    /// Takes `&mut self`.
    #[retry]
    #[circuit_breaker]
    pub async fn exclusive(&mut self) -> Option<u32> {
        self.calls += 1;
        Some(self.calls)
    }

    /// Takes `self`.
    #[retry]
    #[must_use]
    pub fn owned(self) -> Option<Self> {
        Some(self)
    }

    /// Takes `mut self`.
    #[retry]
    #[circuit_breaker]
    pub async fn owned_and_changed(mut self) -> Option<u32> {
        self.calls += 1;
        Some(self.calls)
    }

    /// Takes an [`Arc`].
    #[retry]
    #[circuit_breaker]
    pub async fn counted(self: Arc<Self>) -> Option<u32> {
        Some(self.calls)
    }

    /// Takes a [`Pin`].
    #[circuit_breaker]
    pub fn pinned(self: Pin<&mut Self>) -> Option<u32> {
        Some(self.calls)
    }

    /// Has no receiver.
    #[retry]
    #[must_use]
    pub fn new() -> Option<Self> {
        Some(Self::default())
    }
}

/// The caller ensures safety.
///
/// # Safety
///
/// There is no requirement.
#[retry]
pub unsafe fn unsafely(value: u32) -> Option<u32> {
    Some(value)
}

/// Has the ABI of C.
#[retry(retry_when = |code| *code < 0)]
pub extern "C" fn for_c(value: i32) -> i32 {
    value
}

#[tokio::test(start_paused = true)]
async fn every_shape_runs() {
    assert_eq!(every_key(2, String::new(), 1).await, Err(Fault::Busy));
    let mut client = Client::default();
    assert_eq!(client.put(3), Some(3));
    let mut log = Vec::new();
    let calls = Arc::new(AtomicU32::new(0));
    let output = arguments(
        "a",
        String::new(),
        1,
        &mut log,
        (2, 3),
        [7_u8; 2],
        [0; 3],
        'x',
        calls.clone(),
        0,
    );
    assert_eq!(output.await, Ok(("a", 7)));
    assert_eq!(log, [6]);
    assert_eq!(calls.load(SeqCst), 0);
    assert_eq!(plain_arguments(String::new(), 1, &mut Vec::new(), (2, 3)), Some(3));
    nothing().await;
    plain_nothing();
    assert_eq!(returns().await, Some(1));
    assert_eq!(bails(), Err(Fault::Busy));
    assert!(tokio::spawn(panics()).await.is_err_and(|error| error.is_panic()));
    assert_eq!(client.get("four"), Ok(4));
    assert_eq!(client.later().await, Some(3));
    assert_eq!(client.shared().await, Some(3));
    assert_eq!(client.exclusive().await, Some(4));
    assert_eq!(client.clone().owned_and_changed().await, Some(5));
    assert_eq!(Arc::new(client.clone()).counted().await, Some(4));
    assert_eq!(Pin::new(&mut client).pinned(), Some(4));
    assert!(client.owned().is_some() && Client::new().is_some());
    assert_eq!(unsafe { unsafely(3) }, Some(3));
    assert_eq!(for_c(3), 3);
    if std::env::args().count() > 100 {
        assert_eq!(runs(), None);
        assert!(with_objects(&Client::default()).is_err());
    }
}
