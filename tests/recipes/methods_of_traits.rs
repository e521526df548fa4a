//! The recipe for methods of traits.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

trait Stock {
    async fn count(&self, article: u32) -> io::Result<u32>;

    // On a method with a default body, the attribute works for every implementation.
    #[retry(max_retries = 1, attempt_timeout = "10s")]
    async fn is_available(&self, article: u32) -> io::Result<bool> {
        Ok(self.count(article).await? > 0)
    }
}

struct Warehouse;

impl Stock for Warehouse {
    #[retry(attempt_timeout = "1s")]
    async fn count(&self, article: u32) -> io::Result<u32> {
        dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
        // Ask the warehouse here.
        Ok(5)
    }
}
// end excerpt

struct Collapsing;

impl Stock for Collapsing {
    #[retry(attempt_timeout = "1s", nested = collapse)]
    async fn count(&self, article: u32) -> io::Result<u32> {
        dependency::call(io::ErrorKind::ConnectionReset).await?;
        Ok(article)
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_of_an_implementation_is_retried() {
    dependency::fail(3);
    assert_eq!(Warehouse.count(1).await.unwrap(), 5);
    assert_eq!(dependency::calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_loop_inside_a_loop_multiplies_the_attempts() {
    dependency::fail(u32::MAX);
    Warehouse.is_available(1).await.unwrap_err();
    assert_eq!(dependency::calls(), 8);

    dependency::fail(7);
    assert!(Warehouse.is_available(1).await.unwrap());
    assert_eq!(dependency::calls(), 8);
}

#[tokio::test(start_paused = true)]
async fn nested_collapse_makes_one_attempt_in_a_repeated_attempt_of_the_caller() {
    dependency::fail(u32::MAX);
    Collapsing.is_available(1).await.unwrap_err();
    assert_eq!(dependency::calls(), 5);
}
