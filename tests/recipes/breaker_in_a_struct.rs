//! The recipe with a breaker in a struct.

use super::dependency;

// excerpt: recipe
use resilient::registry::NameTakenError;
use resilient::{BreakerConfig, CircuitBreaker, Registry, circuit_breaker, retry};
use std::io;

struct Mailer {
    breaker: CircuitBreaker,
}

impl Mailer {
    fn new(name: &str) -> Result<Self, NameTakenError> {
        let breaker = CircuitBreaker::new(name, BreakerConfig::default());
        // Optional: operators see the breaker, and can change it by its name.
        Registry::global().register(&breaker)?;
        Ok(Self { breaker })
    }

    #[retry(attempt_timeout = "2s")]
    #[circuit_breaker(breaker = self.breaker)]
    async fn is_known(&self, address: &str) -> io::Result<bool> {
        dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
        // Ask the mail server here.
        Ok(true)
    }
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn each_value_has_its_breaker_which_operators_see_under_a_free_name() {
    let (one, other) = (Mailer::new("mail 1").unwrap(), Mailer::new("mail 2").unwrap());
    assert!(Mailer::new("mail 1").is_err());

    one.breaker.clone().force_open();
    one.is_known("a").await.unwrap_err();
    assert!(other.is_known("a").await.unwrap());
    assert_eq!(dependency::calls(), 1);

    Registry::global().get("mail 1").unwrap().close();
    assert!(one.is_known("a").await.unwrap());

    let unregistered = CircuitBreaker::new("mail 3", BreakerConfig::default());
    assert!(Registry::global().get(unregistered.name()).is_none());
}
