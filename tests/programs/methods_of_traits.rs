//! The attributes work on default and implemented methods, of generic traits and through `dyn`.

use std::fmt::Display;

use resilient::{Registry, circuit_breaker, retry};

trait Api<T> {
    const RETRIES: u32 = 2;
    type Error;

    #[retry(max_retries = Self::RETRIES, base_delay = "0s", attempt = attempt)]
    fn by_default(&self, value: T) -> Result<T, (u32, Self::Error)>
    where
        T: Clone,
    {
        let fault = self.fault();
        if attempt.number() <= Self::RETRIES { Err((0, fault)) } else { Ok(value) }
    }

    fn fault(&self) -> Self::Error;
    fn get(&self, value: T) -> Option<T>;
    async fn later(&mut self, value: T) -> Option<T>;
}

struct Client<D> {
    shown: D,
}

impl<T: Clone, D: Display> Api<T> for Client<D> {
    type Error = String;

    fn fault(&self) -> String {
        self.shown.to_string()
    }

    #[retry]
    #[circuit_breaker]
    fn get(&self, value: T) -> Option<T> {
        Some(value)
    }

    #[circuit_breaker(name = "later", order = explicit)]
    #[retry]
    async fn later(&mut self, value: T) -> Option<T> {
        Some(value)
    }
}

trait Object {
    #[retry(base_delay = "0s")]
    #[circuit_breaker(name = "object")]
    fn call(&mut self) -> Option<u32> {
        self.step()
    }
    fn step(&mut self) -> Option<u32>;
}

impl Object for u32 {
    fn step(&mut self) -> Option<u32> {
        *self += 1;
        (*self > 2).then_some(*self)
    }
}

#[tokio::test]
async fn runs() {
    let mut client = Client { shown: 3 };
    assert_eq!(client.by_default(7), Ok(7));
    assert_eq!(client.get("a"), Some("a"));
    assert_eq!(client.later('b').await, Some('b'));
    let object: &mut dyn Object = &mut 0_u32;
    assert_eq!(object.call(), Some(3));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("object").failure, totals("object").success), (2, 1));
    assert_eq!(totals("later").success, 1);
}
