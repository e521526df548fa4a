//! The recipe that asks which attempt it is.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

#[retry(attempt_timeout = "1s", attempt = attempt)]
async fn get(replicas: &[&str; 3], path: &str) -> io::Result<String> {
    // Each attempt asks another replica; the first attempt has the number 1.
    let index = (attempt.number() - 1) as usize % replicas.len();
    if let Some(error) = attempt.last_error() {
        println!("attempt {}, because of: {error}", attempt.number());
    }
    ask(replicas[index], path).await
}

async fn ask(replica: &str, path: &str) -> io::Result<String> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Send the request to the replica here.
    Ok(format!("{path} of {replica}"))
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn each_attempt_asks_the_next_replica() {
    let replicas = ["a", "b", "c"];
    assert_eq!(get(&replicas, "x").await.unwrap(), "x of a");
    dependency::fail(2);
    assert_eq!(get(&replicas, "x").await.unwrap(), "x of c");
    dependency::hang(1);
    assert_eq!(get(&replicas, "x").await.unwrap(), "x of b");
    dependency::fail(3);
    assert_eq!(get(&replicas, "x").await.unwrap(), "x of a");
}
