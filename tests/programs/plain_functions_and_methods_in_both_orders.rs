//! The attributes work on functions that are not async: free, associated, with every receiver, in
//! traits, generic and recursive, alone and stacked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

#[derive(Debug, PartialEq)]
enum Fault {
    Busy(u32),
    Open(String),
}

impl From<CircuitOpen> for Fault {
    fn from(open: CircuitOpen) -> Self {
        Fault::Open(open.breaker().to_owned())
    }
}

fn third(calls: &mut u32) -> Result<u32, Fault> {
    *calls += 1;
    if *calls % 3 == 0 { Ok(*calls) } else { Err(Fault::Busy(*calls)) }
}

#[retry(base_delay = "0s")]
#[circuit_breaker(name = "free, plain")]
fn free<'a>(
    calls: &mut u32,
    key: &'a str,
    map: &'a HashMap<String, u32>,
) -> Result<Option<&'a u32>, Fault> {
    third(calls)?;
    Ok(map.get(key))
}

#[circuit_breaker(
    name = "free, breaker above",
    failure_threshold = 1,
    recovery_time = "1h",
    order = explicit
)]
#[retry(base_delay = "0s", max_retries = 1)]
fn opens(calls: &mut u32) -> Result<u32, Fault> {
    third(calls)
}

struct Client {
    calls: u32,
    shared: Arc<Mutex<u32>>,
}

impl Client {
    #[retry(base_delay = "0s")]
    #[circuit_breaker(name = "associated")]
    fn associated(shared: Arc<Mutex<u32>>) -> Result<Self, Fault> {
        third(&mut shared.lock().unwrap())?;
        Ok(Self { calls: 0, shared })
    }

    #[circuit_breaker(name = "shared, plain", order = explicit)]
    #[retry(base_delay = "0s")]
    fn shared(&self) -> Result<std::sync::MutexGuard<'_, u32>, Fault> {
        let mut guard = self.shared.lock().unwrap();
        third(&mut guard)?;
        Ok(guard)
    }

    #[retry(base_delay = "0s")]
    #[circuit_breaker(name = "exclusive, plain")]
    fn exclusive(&mut self, log: &mut Vec<u32>) -> Result<u32, Fault> {
        let mut step = |by: u32| {
            log.push(by);
            third(&mut self.calls)
        };
        step(1)
    }

    #[circuit_breaker(name = "owned, plain", order = explicit)]
    #[retry(base_delay = "0s")]
    fn owned(mut self: Box<Self>, by: u32) -> Result<u32, Fault> {
        self.calls += by;
        third(&mut self.shared.lock().unwrap())?;
        Ok(self.calls)
    }

    #[retry(base_delay = "0s", max_retries = 1)]
    fn recursive(&mut self, depth: u32) -> Result<u32, Fault> {
        match depth.checked_sub(1) {
            Some(depth) => self.recursive(depth).map(|n| n + 1),
            None => third(&mut self.calls),
        }
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { calls: self.calls, shared: self.shared.clone() }
    }
}

trait Fetch<K: ?Sized> {
    type Value;

    #[retry(base_delay = "0s")]
    #[circuit_breaker(name = "trait, default")]
    fn fetch_twice(&mut self, key: &K) -> Result<[Self::Value; 2], Fault> {
        Ok([self.fetch(key)?, self.fetch(key)?])
    }

    fn fetch(&mut self, key: &K) -> Result<Self::Value, Fault>;

    fn fetch_owned(self: Arc<Self>, key: &K) -> Option<Self::Value>;
}

impl<T: AsRef<str> + ?Sized> Fetch<T> for u32 {
    type Value = usize;

    #[circuit_breaker(name = "trait, implemented", order = explicit)]
    #[retry(base_delay = "0s")]
    fn fetch(&mut self, key: &T) -> Result<usize, Fault> {
        third(self).map(|_| key.as_ref().len())
    }

    #[retry(base_delay = "0s")]
    fn fetch_owned(self: Arc<Self>, key: &T) -> Option<usize> {
        Some(Arc::strong_count(&self) + key.as_ref().len())
    }
}

#[test]
fn runs() {
    let mut calls = 0;
    let map = HashMap::from([("key".to_owned(), 7)]);
    assert_eq!(free(&mut calls, "key", &map), Ok(Some(&7)));
    assert_eq!(calls, 3);
    assert_eq!(opens(&mut calls), Err(Fault::Busy(5)));
    assert_eq!(opens(&mut calls), Err(Fault::Open("free, breaker above".to_owned())));
    assert_eq!(calls, 5);
    let mut client = Client::associated(Arc::default()).unwrap();
    assert_eq!(*client.shared.lock().unwrap(), 3);
    assert_eq!(*client.shared().unwrap(), 6);
    let mut log = vec![];
    assert_eq!(client.exclusive(&mut log), Ok(3));
    assert_eq!(log, [1, 1, 1]);
    assert_eq!(Box::new(client.clone()).owned(2), Ok(5));
    assert_eq!(*client.shared.lock().unwrap(), 9);
    assert_eq!(
        client.recursive(1),
        Ok(6 + 1),
        "the inner call fails twice, then the outer retry calls it again"
    );
    let mut number = 0_u32;
    assert_eq!(number.fetch_twice("key"), Ok([3, 3]));
    assert_eq!(number, 6);
    assert_eq!(Arc::new(number).fetch_owned("key"), Some(1 + 3), "borrowed values are not cloned");
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure, totals.rejected)
    };
    for name in ["free, plain", "associated", "exclusive, plain"] {
        assert_eq!(totals(name), (1, 2, 0), "{name}");
    }
    for name in ["shared, plain", "owned, plain", "trait, default"] {
        assert_eq!(totals(name), (1, 0, 0), "{name}");
    }
    assert_eq!(totals("trait, implemented"), (2, 0, 0));
    assert_eq!(totals("free, breaker above"), (0, 1, 1));
}
