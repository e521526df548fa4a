//! The recipe with one deadline for several calls.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

#[retry(max_retries = 0, deadline = "5s")]
async fn page(user: u32) -> io::Result<String> {
    let name = name(user).await?;
    let orders = orders(user).await?;
    Ok(format!("{name}: {orders} orders"))
}

#[retry(attempt_timeout = "3s")]
async fn name(user: u32) -> io::Result<String> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the first service here.
    Ok(format!("user {user}"))
}

#[retry(attempt_timeout = "3s", base_delay = "2s")]
async fn orders(user: u32) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the second service here.
    Ok(3)
}
// end excerpt

#[retry(base_delay = "2s", jitter = none)]
async fn part() -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?;
    Ok(1)
}

#[retry(max_retries = 0, deadline = "5s")]
async fn whole() -> io::Result<u32> {
    Ok(part().await? + part().await?)
}

use resilient::TimedOut;
use resilient::retries::TimeLimit;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_ends_at_the_deadline() {
    assert_eq!(page(1).await.unwrap(), "user 1: 3 orders");
    dependency::hang(u32::MAX);
    let start = Instant::now();
    let error = page(1).await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_would_reach_the_deadline_is_not_begun() {
    dependency::fail(u32::MAX);
    let start = Instant::now();
    // The second delay of `part` would last from the second second to the sixth.
    assert_eq!(whole().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(start.elapsed().as_secs(), 2);
}
