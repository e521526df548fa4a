//! The attributes work with type parameters, const parameters, bounds and where clauses of
//! functions, and of the types that have the functions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
enum Fault<E> {
    Open,
    Inner(E),
}

impl<E> From<CircuitOpen> for Fault<E> {
    fn from(_: CircuitOpen) -> Self {
        Fault::Open
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry(max_retries = N as u32, attempt = attempt)]
#[circuit_breaker(name = "generic, retry above", failure_threshold = 100)]
async fn parsed<T: FromStr, const N: usize>(
    texts: [&str; N],
) -> Result<T, Fault<<T as FromStr>::Err>> {
    tokio::task::yield_now().await;
    let at = attempt.number() as usize - 1;
    texts[at].parse::<T>().map_err(Fault::Inner)
}

#[circuit_breaker(name = "generic, breaker above", order = explicit)]
#[retry(base_delay = "0s")]
fn counted<K, V>(
    map: &mut HashMap<K, V>,
    key: K,
    mut step: impl FnMut(&mut V) -> bool + Clone,
) -> Option<K>
where
    K: Eq + Hash + Clone,
    V: Default,
{
    step(map.entry(key.clone()).or_default()).then_some(key)
}

#[retry]
async fn unsized_and_borrowed<'a, T: ?Sized + ToOwned + Sync>(
    value: &'a T,
    calls: &AtomicU32,
) -> Option<Cow<'a, T>>
where
    T::Owned: Send,
{
    tokio::task::yield_now().await;
    (calls.fetch_add(1, SeqCst) == 2).then(|| Cow::Owned(value.to_owned()))
}

#[retry(base_delay = "0s")]
fn explicit<const UP: bool, T>(value: &mut T) -> Option<T>
where
    T: Copy + PartialOrd + From<u8> + std::ops::AddAssign,
    [T; 2]: Debug,
    for<'a> &'a T: PartialEq,
{
    if UP {
        *value += T::from(1);
    }
    (*value > T::from(2)).then_some(*value)
}

struct Pool<T, const SIZE: usize = 2> {
    slots: [Option<T>; SIZE],
    taken: u32,
}

impl<T: Display + Clone + Send, const SIZE: usize> Pool<T, SIZE> {
    const TRIES: u32 = SIZE as u32;

    #[retry(max_attempts = Self::TRIES)]
    #[circuit_breaker]
    async fn take(&mut self) -> Result<T, Fault<String>> {
        self.taken += 1;
        tokio::task::yield_now().await;
        let slot = self.slots[self.taken as usize - 1].take();
        slot.ok_or_else(|| Fault::Inner(format!("{} of {SIZE}", self.taken)))
    }

    #[retry(base_delay = "0s")]
    fn map<U, F>(&self, with: F) -> Option<Vec<U>>
    where
        F: Fn(&T) -> U + Copy,
    {
        self.slots.iter().map(|slot| slot.as_ref().map(with)).collect()
    }
}

trait Kind {
    const CODE: u32;
    type Out: Send + From<u32>;
}

enum One {}

impl Kind for One {
    const CODE: u32 = 1;
    type Out = u64;
}

struct Client<K: Kind>(PhantomData<fn() -> K>);

impl<K: Kind> Client<K> {
    #[retry(retry_when = |out: &Option<K::Out>| out.is_none(), attempt = attempt)]
    async fn out() -> Option<K::Out> {
        (attempt.number() > 2).then(|| K::CODE.into())
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    assert_eq!(sendable(parsed(["x", "y", "7"])).await, Ok(7_u32));
    let mut map = HashMap::new();
    let found = counted(&mut map, "key", |count: &mut u32| {
        *count += 1;
        *count == 3
    });
    assert_eq!((found, map["key"]), (Some("key"), 3));
    let calls = AtomicU32::new(0);
    assert_eq!(sendable(unsized_and_borrowed("text", &calls)).await.as_deref(), Some("text"));
    assert_eq!(calls.load(SeqCst), 3);
    assert_eq!(explicit::<true, _>(&mut 0_u32), Some(3));
    assert_eq!(explicit::<false, u64>(&mut 1), None);
    let mut pool = Pool::<_> { slots: [None, Some('x')], taken: 0 };
    assert_eq!(sendable(pool.take()).await, Ok('x'));
    assert_eq!(pool.map(|slot| slot.to_string()), None);
    let mut one = Pool { slots: [None::<u8>], taken: 0 };
    assert_eq!(sendable(one.take()).await, Err(Fault::Inner("1 of 1".to_owned())));
    assert_eq!(sendable(Client::<One>::out()).await, Some(1));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("generic, retry above").success, 1);
    assert_eq!(totals("generic, breaker above").success, 1);
}
