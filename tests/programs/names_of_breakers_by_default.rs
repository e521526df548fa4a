//! Without `name`, a breaker has the path of its function as its name, with the type or trait of a
//! method.

use std::fmt::Debug;

use async_trait::async_trait;
use resilient::{Registry, circuit_breaker, retry};

#[circuit_breaker]
async fn free() -> Option<u32> {
    Some(1)
}

#[retry]
#[circuit_breaker]
fn generic<T: Debug + Clone>(value: T) -> Option<T> {
    Some(value)
}

mod inner {
    pub(crate) struct Client;

    impl Client {
        #[resilient::circuit_breaker(order = explicit)]
        #[resilient::retry]
        pub(crate) async fn method(&self) -> Option<u32> {
            Some(1)
        }
    }
}

trait Api {
    #[circuit_breaker]
    fn by_default(&self) -> Option<u32> {
        Some(1)
    }
    fn implemented(&self) -> Option<u32>;
}

impl Api for inner::Client {
    #[circuit_breaker]
    fn implemented(&self) -> Option<u32> {
        Some(1)
    }
}

#[async_trait]
trait Later {
    async fn later(&self) -> Option<u32>;
}

#[async_trait]
impl Later for inner::Client {
    #[circuit_breaker]
    async fn later(&self) -> Option<u32> {
        Some(1)
    }
}

#[circuit_breaker]
fn opaque() -> impl Future<Output = Option<u32>> {
    async { Some(1) }
}

#[circuit_breaker]
fn outer() -> Option<u32> {
    #[circuit_breaker]
    fn nested() -> Option<u32> {
        Some(1)
    }
    nested()
}

#[tokio::test]
async fn runs() {
    let mut seen: Vec<String> = vec![];
    let mut added = || {
        let names = Registry::global().breakers();
        let names = names.iter().map(|breaker| breaker.name().to_owned());
        let names = names.filter(|name| name.contains("names_of_breakers_by_default"));
        let new: Vec<String> = names.filter(|name| !seen.contains(name)).collect();
        seen.extend(new.clone());
        new
    };
    let package = module_path!();
    free().await;
    assert_eq!(added(), [format!("{package}::free")]);
    generic(1);
    generic('x');
    let [name] = added().try_into().unwrap();
    assert!(name.starts_with(&format!("{package}::generic")), "{name}");
    inner::Client.method().await;
    assert_eq!(added(), [format!("{package}::inner::Client::method")]);
    inner::Client.by_default();
    let [name] = added().try_into().unwrap();
    assert!(name.contains("Api") && name.contains("by_default"), "{name}");
    inner::Client.implemented();
    let [name] = added().try_into().unwrap();
    assert!(name.contains("Client") && name.contains("implemented"), "{name}");
    inner::Client.later().await;
    let [name] = added().try_into().unwrap();
    assert!(name.contains("Client") && name.ends_with("later"), "{name}");
    opaque().await;
    assert_eq!(added(), [format!("{package}::opaque")]);
    outer();
    let mut names = added();
    names.sort();
    assert_eq!(names, [format!("{package}::outer"), format!("{package}::outer::nested")]);
}
