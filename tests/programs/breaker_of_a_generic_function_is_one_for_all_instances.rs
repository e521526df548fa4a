//! All instances of a generic function share one static, and therefore one breaker.

use resilient::{Registry, circuit_breaker};

#[circuit_breaker(name = "generic, instances", failure_threshold = 2)]
fn generic<T>(value: Option<T>) -> Option<T> {
    value
}

struct Of<T>(T);

impl<T: Copy> Of<T> {
    #[circuit_breaker]
    fn get(&self) -> Option<T> {
        Some(self.0)
    }
}

#[test]
fn runs() {
    assert_eq!(generic(None::<u8>), None);
    assert_eq!(generic(None::<String>), None);
    assert_eq!(generic(Some(1)), None, "open for every instance");
    assert_eq!(Of(1).get(), Some(1));
    assert_eq!(Of('a').get(), Some('a'));
    let names: Vec<_> = Registry::global()
        .breakers()
        .iter()
        .map(|breaker| breaker.name().to_owned())
        .filter(|name| name == "generic, instances" || name.contains(module_path!()))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
