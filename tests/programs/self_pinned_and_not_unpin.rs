//! The attributes work with `Pin<&mut Self>` and `Pin<&Self>` of a type that is not `Unpin`, in
//! async and plain methods.

use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

#[derive(Default)]
struct Stream {
    polls: AtomicU32,
    _pinned: PhantomPinned,
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

impl Stream {
    fn poll(self: Pin<&mut Self>) -> Option<u32> {
        self.as_ref().look()
    }

    fn look(self: Pin<&Self>) -> Option<u32> {
        let n = self.polls.fetch_add(1, SeqCst) + 1;
        (n % 3 == 0).then_some(n)
    }

    #[retry]
    async fn by_value(self: Pin<&mut Self>) -> Option<u32> {
        tokio::task::yield_now().await;
        self.poll()
    }

    #[retry]
    #[circuit_breaker(name = "pinned, retry above")]
    async fn again(mut self: Pin<&mut Self>) -> Option<u32> {
        let _ = self.as_mut().polls.load(SeqCst);
        tokio::task::yield_now().await;
        self.as_mut().poll()
    }

    #[circuit_breaker(name = "pinned, breaker above", order = explicit)]
    #[retry]
    async fn in_a_block(self: Pin<&mut Self>) -> Option<u32> {
        async move { self.poll() }.await
    }

    #[retry(base_delay = "0s")]
    fn plain(self: Pin<&mut Self>) -> Option<u32> {
        self.poll()
    }

    #[retry]
    async fn shared(self: Pin<&Self>) -> Option<u32> {
        tokio::task::yield_now().await;
        self.look()
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let mut stream = pin!(Stream::default());
    assert_eq!(sendable(stream.as_mut().by_value()).await, Some(3));
    assert_eq!(sendable(stream.as_mut().again()).await, Some(6));
    assert_eq!(sendable(stream.as_mut().in_a_block()).await, Some(9));
    assert_eq!(stream.as_mut().plain(), Some(12));
    assert_eq!(sendable(stream.as_ref().shared()).await, Some(15));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("pinned, retry above").failure, 2);
    assert_eq!(totals("pinned, breaker above").success, 1);
}
