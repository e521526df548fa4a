//! The recipe with a breaker for each host.

use super::dependency;

// excerpt: recipe
use resilient::{circuit_breaker, retry};
use std::io;

#[retry(attempt_timeout = "1s")]
#[circuit_breaker(name = "hosts", key = host, max_keys = 500)]
async fn get(host: &str, path: &str) -> io::Result<String> {
    fails_on("down", host).await?; // not shown
    // Send the request to the host here.
    Ok(format!("{path} of {host}"))
}
// end excerpt

async fn fails_on(bad: &str, host: &str) -> io::Result<()> {
    if bad == host {
        dependency::fail(1);
    }
    Ok(dependency::call(io::ErrorKind::ConnectionReset).await?)
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_down_does_not_block_the_others() {
    for _ in 0..4 {
        get("down", "x").await.unwrap_err();
        get("up", "x").await.unwrap();
    }
    let snapshots = resilient::Registry::global().named("hosts").snapshot();
    let mut counts: Vec<_> = snapshots
        .iter()
        .map(|one| (one.key.as_deref().unwrap(), one.totals.failure, one.totals.rejected))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [("down", 5, 2), ("up", 0, 0)]);
}
