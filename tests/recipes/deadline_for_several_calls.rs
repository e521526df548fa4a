//! The recipe with one deadline for several calls.

use super::dependency;

// excerpt: recipe
use resilient::{deadline, retry};
use std::io;
use std::time::Duration;

async fn page_in_time(user: u32) -> io::Result<String> {
    deadline::scope(Duration::from_secs(5), page(user)).await?
}

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

async fn whole() -> io::Result<u32> {
    Ok(part().await? + part().await?)
}

// excerpt: task
async fn page_with_tasks(user: u32) -> io::Result<String> {
    let name = tokio::spawn(deadline::carry(name(user)));
    let orders = tokio::spawn(deadline::carry(orders(user)));
    let (name, orders) = (name.await??, orders.await??);
    Ok(format!("{name}: {orders} orders"))
}
// end excerpt

use resilient::TimedOut;
use resilient::retries::TimeLimit;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_ends_at_the_deadline() {
    assert_eq!(page_in_time(1).await.unwrap(), "user 1: 3 orders");
    dependency::hang(u32::MAX);
    let start = Instant::now();
    let error = page_in_time(1).await.unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Scope);
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_would_reach_the_deadline_is_not_begun() {
    dependency::fail(u32::MAX);
    let start = Instant::now();
    // The second delay of `part` would last from the second second to the sixth.
    let whole = deadline::scope(Duration::from_secs(5), whole()).await.unwrap();
    assert_eq!(whole.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn tasks_to_which_the_deadline_is_carried_end_at_it() {
    let page = || deadline::scope(Duration::from_secs(2), page_with_tasks(1));
    assert_eq!(page().await.unwrap().unwrap(), "user 1: 3 orders");
    dependency::hang(u32::MAX);
    let start = Instant::now();
    // The scope ends, and the tasks end at the same time, although each attempt may take longer.
    let by_scope = page().await.unwrap_err();
    assert_eq!((by_scope.limit(), start.elapsed().as_secs()), (TimeLimit::Scope, 2));
    let start_task = || tokio::spawn(deadline::carry(orders(1)));
    let task = deadline::scope_blocking(Duration::from_secs(2), start_task);
    let start = Instant::now();
    let error = task.await.unwrap().unwrap_err();
    assert_eq!(TimedOut::find_in(&error).unwrap().limit(), TimeLimit::Deadline);
    assert_eq!(start.elapsed().as_secs(), 2);
}
