//! The recipe that falls back to another source.

use super::dependency;

// excerpt: recipe
use resilient::{fallback, retry};
use std::{collections::HashMap, io};
use tokio::sync::RwLock;

struct Prices {
    last: RwLock<HashMap<String, u32>>,
}

impl Prices {
    // Returns the last price that was seen, else the error.
    #[fallback(with = async |error| {
        self.last.read().await.get(article).copied().ok_or(error)
    })]
    #[retry(max_retries = 1, attempt_timeout = "500ms")]
    async fn price(&self, article: &str) -> io::Result<u32> {
        let price = ask(article).await?;
        self.last.write().await.insert(article.to_owned(), price);
        Ok(price)
    }
}

async fn ask(article: &str) -> io::Result<u32> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Ask the price service here.
    Ok(7)
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn the_last_price_replaces_a_failed_one() {
    let prices = Prices { last: RwLock::default() };
    assert_eq!(prices.price("new").await.unwrap(), 7);
    prices.last.write().await.insert("old".into(), 5);

    dependency::fail(u32::MAX);
    assert_eq!(prices.price("new").await.unwrap(), 7);
    assert_eq!(prices.price("old").await.unwrap(), 5);
    let unknown = prices.price("unknown").await.unwrap_err();
    assert_eq!(unknown.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(dependency::calls(), 1 + 6);

    dependency::hang(u32::MAX);
    assert_eq!(prices.price("old").await.unwrap(), 5);
}
