//! Annotated functions in every position. The test compares their number with the number of listed
//! breakers.

extern crate resilient as renamed;

use self::renamed::circuit_breaker as another_name;
use resilient::{circuit_breaker, retry};

/// The number of functions in this file that have one breaker, the number of functions that have
/// one breaker per key, and the number of functions that have a retry. One of these names a budget.
pub(crate) const HERE: (usize, usize, usize) = (12, 5, 2);

#[circuit_breaker]
pub(crate) fn plain() -> Option<u32> {
    Some(1)
}

#[circuit_breaker(name = "listed", failure_threshold = 3)]
pub(crate) async fn later(host: &str) -> Option<u32> {
    std::future::ready(host.parse().ok()).await
}

#[circuit_breaker(key = host, max_keys = 10)]
pub(crate) async fn by_key(host: &str) -> Option<u32> {
    std::future::ready(host.parse().ok()).await
}

#[retry]
#[circuit_breaker(key = host)]
pub(crate) fn retried_by_key(host: &str) -> Option<u32> {
    host.parse().ok()
}

#[circuit_breaker(order = explicit)]
#[retry(budget = "listed budget")]
pub(crate) fn whole_loop() -> Option<u32> {
    Some(1)
}

/// All instances of this function share one breaker.
#[circuit_breaker]
pub(crate) fn generic<T: AsRef<str>, const N: usize>(text: T) -> Option<u32> {
    text.as_ref().get(N..)?.parse().ok()
}

#[circuit_breaker]
pub(crate) fn opaque(text: &str) -> impl std::future::Future<Output = Option<u32>> + '_ {
    let text = text.trim();
    async move { text.parse().ok() }
}

pub(crate) struct Client<T>(pub(crate) T);

impl<T: AsRef<str>> Client<T> {
    #[circuit_breaker]
    pub(crate) async fn call(&mut self) -> Option<u32> {
        std::future::ready(self.0.as_ref().parse().ok()).await
    }

    #[circuit_breaker(key = self.0.as_ref())]
    pub(crate) fn call_by_key(&self) -> Option<u32> {
        self.0.as_ref().parse().ok()
    }
}

pub(crate) trait Service {
    fn name(&self) -> &str;

    #[circuit_breaker]
    fn by_default(&self) -> Option<u32> {
        self.name().parse().ok()
    }

    #[circuit_breaker(key = self.name())]
    fn by_default_and_key(&self) -> Option<u32> {
        self.name().parse().ok()
    }
}

impl Service for Client<&'static str> {
    fn name(&self) -> &str {
        self.0
    }
}

pub(crate) fn outer(text: &str) -> Option<u32> {
    #[circuit_breaker]
    fn inner<T: AsRef<str>>(text: T) -> Option<u32> {
        #[circuit_breaker]
        fn innermost(text: &str) -> Option<u32> {
            text.parse().ok()
        }
        innermost(text.as_ref())
    }
    let closure = |text| inner(text);
    closure(text)
}

macro_rules! produced {
    ($name:ident, $attribute:ident) => {
        #[$attribute(key = host.len())]
        pub(crate) fn $name(host: &str) -> Option<u32> {
            host.parse().ok()
        }
    };
}

produced!(from_a_macro, circuit_breaker);

#[another_name(crate = ::renamed)]
pub(crate) fn under_another_name() -> Option<u32> {
    Some(1)
}

pub(crate) mod reexported {
    pub(crate) use ::renamed as runtime;

    #[runtime::circuit_breaker(crate = self::runtime)]
    pub(crate) fn through_a_reexport() -> Option<u32> {
        Some(1)
    }
}

#[no_implicit_prelude]
pub(crate) mod without_a_prelude {
    use ::std::option::Option::{self, Some};

    #[::resilient::circuit_breaker]
    pub(crate) fn call() -> Option<u32> {
        Some(1)
    }

    /// The code that the attribute generates also uses these names.
    pub(crate) mod core {}
    pub(crate) mod std {}
}
