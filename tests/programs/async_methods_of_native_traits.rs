//! The attributes work on native async methods: on default and implemented methods, of generic
//! traits with associated types, in blanket and forwarding impls.

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

trait Store<K>: Sync
where
    K: Display + Sync,
{
    type Value: Clone + Send + PartialEq;
    type Error: From<CircuitOpen> + Send + Debug + PartialEq;
    type View<'a>: Debug
    where
        Self: 'a;
    const RETRIES: u32 = 2;

    fn once(&self, key: &K) -> Result<Self::Value, Self::Error>;

    #[retry(max_retries = Self::RETRIES)]
    async fn by_default(&self, key: &K) -> Result<Self::Value, Self::Error> {
        tokio::task::yield_now().await;
        self.once(key)
    }

    #[retry]
    #[circuit_breaker(name = "default, stacked")]
    fn promised(&self, key: K) -> impl Future<Output = Result<String, Self::Error>> + Send
    where
        K: Clone + Send,
    {
        async move {
            tokio::task::yield_now().await;
            self.once(&key)?;
            Ok(key.to_string())
        }
    }

    async fn load(&self, key: &K) -> Result<Self::Value, Self::Error>;
    fn send(&self, key: K) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
    async fn view(&self) -> Result<Self::View<'_>, Self::Error>;
    async fn make(value: Self::Value) -> Option<Self>
    where
        Self: Sized;
}

#[derive(Debug, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

struct Memory<V> {
    value: V,
    calls: AtomicU32,
}

impl<K, V> Store<K> for Memory<V>
where
    K: Display + Clone + Send + Sync,
    V: Clone + Send + Sync + PartialEq + Debug,
{
    type Value = V;
    type Error = Fault;
    type View<'a>
        = &'a V
    where
        Self: 'a;

    fn once(&self, _key: &K) -> Result<V, Fault> {
        match self.calls.fetch_add(1, SeqCst) + 1 {
            n if n % 3 == 0 => Ok(self.value.clone()),
            n => Err(Fault(n)),
        }
    }

    #[retry]
    #[circuit_breaker(name = "implemented, retry above")]
    async fn load(&self, key: &K) -> Result<Self::Value, Self::Error> {
        tokio::task::yield_now().await;
        self.once(key)
    }

    #[circuit_breaker(name = "implemented, breaker above", order = explicit)]
    #[retry]
    async fn send(&self, key: K) -> Result<V, Fault> {
        tokio::task::yield_now().await;
        self.once(&key)
    }

    #[retry]
    async fn view(&self) -> Result<Self::View<'_>, Fault> {
        <Self as Store<K>>::once(self, &self.key::<K>()?)?;
        Ok(&self.value)
    }

    #[retry]
    async fn make(value: V) -> Option<Self> {
        Some(Self { value, calls: AtomicU32::new(0) })
    }
}

impl<V> Memory<V> {
    fn key<K>(&self) -> Result<K, Fault> {
        Err(Fault(404))
    }
}

/// The forwarding impl of this trait retries each forwarded call.
trait Call {
    async fn call(&mut self) -> Option<u32>;
}

impl Call for u32 {
    async fn call(&mut self) -> Option<u32> {
        *self += 1;
        (*self % 3 == 0).then_some(*self)
    }
}

impl<C: Call + ?Sized> Call for &mut C {
    #[retry]
    async fn call(&mut self) -> Option<u32> {
        (**self).call().await
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let memory = <Memory<char> as Store<u8>>::make('v').await.unwrap();
    assert_eq!(sendable(memory.by_default(&1_u8)).await, Ok('v'));
    assert_eq!(sendable(memory.promised(1_u8)).await.as_deref(), Ok("1"));
    assert_eq!(sendable(memory.load(&1_u8)).await, Ok('v'));
    assert_eq!(sendable(memory.send(1_u8)).await, Ok('v'));
    assert_eq!(memory.calls.load(SeqCst), 12);
    assert_eq!(Store::<u8>::view(&memory).await, Err(Fault(404)));
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("default, stacked"), (1, 2));
    assert_eq!(totals("implemented, retry above"), (1, 2));
    assert_eq!(totals("implemented, breaker above"), (1, 0));
    assert_eq!((&mut 0_u32).call().await, None, "autoref picks the method without attributes");
    assert_eq!(<&mut u32 as Call>::call(&mut &mut 0).await, Some(3));
}
