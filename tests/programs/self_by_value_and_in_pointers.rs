//! Every attempt has a copy of the receiver if it is `self`, `mut self`, `Box<Self>`, `Rc<Self>`,
//! `Arc<Self>`, or a reference to one of these.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

#[derive(Default)]
struct Shared {
    calls: AtomicU32,
    clones: AtomicU32,
}

struct Order {
    left: u32,
    shared: Arc<Shared>,
}

impl Clone for Order {
    fn clone(&self) -> Self {
        self.shared.clones.fetch_add(1, SeqCst);
        Self { left: self.left, shared: self.shared.clone() }
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

impl Order {
    fn third(&self) -> Option<u32> {
        let n = self.shared.calls.fetch_add(1, SeqCst) + 1;
        (n % 3 == 0).then_some(n)
    }

    #[retry]
    async fn owned(self) -> Option<Self> {
        tokio::task::yield_now().await;
        self.third()?;
        Some(self)
    }

    #[retry]
    #[circuit_breaker(name = "owned and changed")]
    async fn owned_and_changed(mut self, by: u32) -> Option<u32> {
        self.left -= by;
        tokio::task::yield_now().await;
        self.third()?;
        Some(self.left)
    }

    #[retry(base_delay = "0s")]
    fn plain_owned_and_changed(mut self) -> Option<u32> {
        self.left -= 1;
        self.third().map(|_| self.left)
    }

    #[circuit_breaker(name = "boxed, self", order = explicit)]
    #[retry]
    async fn boxed(mut self: Box<Self>) -> Option<Box<Self>> {
        self.left -= 1;
        self.third()?;
        Some(self)
    }

    #[retry]
    async fn counted(self: Arc<Self>) -> Option<u32> {
        let task = tokio::spawn(async move { self.third() });
        task.await.unwrap()
    }

    #[retry]
    async fn counted_here(self: Rc<Self>) -> Option<u32> {
        let other = self.clone();
        tokio::task::yield_now().await;
        other.third().map(|_| Rc::strong_count(&other) as u32)
    }

    #[circuit_breaker(name = "once, self")]
    async fn once(self) -> Option<Self> {
        tokio::task::yield_now().await;
        Some(self)
    }

    #[retry(base_delay = "0s")]
    fn by_reference_to_a_pointer(self: &Arc<Self>, others: &mut Vec<Arc<Self>>) -> Option<usize> {
        others.push(Arc::clone(self));
        self.third().map(|_| others.len())
    }

    #[retry(base_delay = "0s")]
    #[expect(clippy::needless_arbitrary_self_type)]
    fn by_typed_exclusive_reference<'a>(self: &'a mut Self, with: &'a str) -> Option<&'a str> {
        self.left += 1;
        self.third().map(|_| with)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let shared = Arc::new(Shared::default());
    let order = || Order { left: 10, shared: shared.clone() };
    let counts = || (shared.calls.swap(0, SeqCst), shared.clones.swap(0, SeqCst));

    assert_eq!(sendable(order().owned()).await.unwrap().left, 10);
    assert_eq!(counts(), (3, 3));
    assert_eq!(sendable(order().owned_and_changed(2)).await, Some(8));
    assert_eq!(counts(), (3, 3));
    assert_eq!(order().plain_owned_and_changed(), Some(9));
    assert_eq!(counts(), (3, 3));
    assert_eq!(sendable(Box::new(order()).boxed()).await.unwrap().left, 9);
    assert_eq!(counts(), (3, 3));
    assert_eq!(sendable(Arc::new(order()).counted()).await, Some(3));
    assert_eq!(counts(), (3, 0), "only the pointer is cloned");
    assert_eq!(Rc::new(order()).counted_here().await, Some(3));
    assert_eq!(counts(), (3, 0));
    assert_eq!(sendable(order().once()).await.unwrap().left, 10);
    assert_eq!(counts(), (0, 0), "a single attempt takes the original");
    let mut others = Vec::new();
    assert_eq!(Arc::new(order()).by_reference_to_a_pointer(&mut others), Some(3));
    let mut one = order();
    assert_eq!(one.by_typed_exclusive_reference("x"), Some("x"));
    assert_eq!(one.left, 13);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("owned and changed").failure, 2);
    assert_eq!((totals("boxed, self").failure, totals("boxed, self").success), (0, 1));
    assert_eq!(totals("once, self").success, 1);
}
