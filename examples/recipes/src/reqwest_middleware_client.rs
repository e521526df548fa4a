//! The recipe for reqwest-middleware.

// excerpt: client
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use resilient::breaker::KeyedBreakers;
use resilient::budget::BudgetConfig;
use resilient::{
    BreakerConfig, CircuitOpen, Registry, RetryBudget, RetryPolicy, TimedOut,
};
use resilient_tower::ReqwestCalls;

/// Makes a client whose requests pass through a breaker for each host, and are retried.
pub fn client() -> reqwest::Result<ClientWithMiddleware> {
    let registry = Registry::global();
    let hosts: KeyedBreakers<String> =
        registry.get_or_register_keyed("hosts", BreakerConfig::default());
    let budget: RetryBudget =
        registry.get_or_register_budget("hosts", BudgetConfig::default());
    let calls = ReqwestCalls::per_host(hosts)
        .retry(RetryPolicy::DEFAULT)
        .budget(budget)
        .attempt_timeout(Duration::from_secs(2))
        .deadline(Duration::from_secs(5));
    // The limits of `calls` end with the head of a response, and this one limits the wait
    // for each part of the body.
    let reqwest =
        reqwest::Client::builder().read_timeout(Duration::from_secs(2)).build()?;
    Ok(ClientBuilder::new(reqwest).with(calls).build())
}
// end excerpt

// excerpt: errors
/// Says why a request failed.
pub fn reason(error: &reqwest_middleware::Error) -> &'static str {
    if CircuitOpen::find_in(error).is_some() {
        "not sent, because the circuit of the host is open"
    } else if TimedOut::find_in(error).is_some() {
        "took too long"
    } else {
        "failed"
    }
}
// end excerpt
