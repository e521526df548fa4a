//! The attributes accept macro fragments of every kind, which arrive in invisible groups.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

#[derive(Debug, Clone, PartialEq)]
enum Fault {
    Busy,
    Gone,
}

impl From<resilient::CircuitOpen> for Fault {
    fn from(_: resilient::CircuitOpen) -> Self {
        Fault::Gone
    }
}

macro_rules! client {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $output:ty $body:block
        retries: $retries:expr, delay: $delay:literal, jitter: $jitter:expr,
        on: $on:pat, when: $when:expr,
        breaker: $breaker:literal, threshold: $threshold:tt, schedule: $schedule:ident,
        path: $path:path,
    ) => {
        $(#[$meta])*
        #[retry(
            max_retries = $retries,
            base_delay = $delay,
            jitter = $jitter,
            on = $on,
            retry_if = $when,
            backoff = $schedule,
            on_retry = $path,
            clone($arg),
        )]
        #[circuit_breaker(name = $breaker, failure_threshold = $threshold)]
        $vis fn $name($arg: $ty) -> $output $body
    };
}

static RETRIES: AtomicU32 = AtomicU32::new(0);

fn told<E>(_: &resilient::retries::RetryEvent<'_, E>) {
    RETRIES.fetch_add(1, SeqCst);
}

client! {
    /// Documented.
    #[must_use]
    pub(crate) fn fails(text: String) -> Result<u32, Fault> { drop(text); Err(Fault::Busy) }
    retries: 2, delay: "0s", jitter: 0.5,
    on: Fault::Busy | Fault::Gone, when: |fault| *fault == Fault::Busy,
    breaker: "of a macro", threshold: 100, schedule: constant, path: told,
}

/// The attributes are themselves fragments.
macro_rules! annotated {
    ($(#[$meta:meta])* fn $($rest:tt)*) => { annotated! { @ $(#[$meta])* { fn $($rest)* } } };
    (@ $(#[$meta:meta])* { $item:item }) => { $(#[$meta])* $item };
}

annotated! {
    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "as fragments", failure_threshold = 100)]
    fn counted(calls: &AtomicU32) -> Option<u32> {
        calls.fetch_add(1, SeqCst);
        None
    }
}

macro_rules! whole {
    ($($tokens:tt)*) => { $($tokens)* };
}

whole! {
    struct Client { calls: u32 }
    impl Client {
        #[retry(base_delay = "0s")]
        fn call(&mut self) -> Option<u32> {
            self.calls += 1;
            (self.calls > 2).then_some(self.calls)
        }
    }
}

/// The fragments are in the arguments of an attribute, in the signature and in the body.
macro_rules! typed {
    ($name:ident<$t:ident: $bound:path>, $arg:pat => $ty:ty, $body:expr, $lifetime:lifetime) => {
        #[retry(
            max_retries = 1 + 1,
            base_delay = "0s",
            retry_when = |output: &Option<$ty>| output.is_none()
        )]
        async fn $name<$lifetime, $t: $bound>($arg: $ty, other: &$lifetime $t) -> Option<$ty> {
            let _ = other;
            $body
        }
    };
}

typed!(generic<T: Clone>, (a, mut b) => (u32, u32), { b += 1; Some((a, b)) }, 'a);

#[tokio::test]
async fn runs() {
    assert_eq!(fails("a".to_owned()), Err(Fault::Busy));
    assert_eq!(RETRIES.load(SeqCst), 2);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("of a macro").failure, 3);

    let calls = AtomicU32::new(0);
    assert_eq!(counted(&calls), None);
    assert_eq!(calls.load(SeqCst), 2);
    assert_eq!(totals("as fragments").failure, 2);

    assert_eq!(Client { calls: 0 }.call(), Some(3));
    assert_eq!(generic((1, 2), &3).await, Some((1, 3)));
}
