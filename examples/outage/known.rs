//! The shop's memory of the last known stock, which serves the fallback.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The greatest age of a value that the shop still uses. An older value is worth no more than an
/// error: somebody else may have bought the last piece.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(2);

/// How many pieces of an article are in stock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stock {
    pub(crate) pieces: u32,
    /// The age of a last known value. Fresh values have no age.
    pub(crate) age: Option<Duration>,
}

/// The last response of the server for each article.
#[derive(Debug, Default)]
pub(crate) struct KnownStock(Mutex<HashMap<String, (u32, Instant)>>);

impl KnownStock {
    /// Stores a fresh value and returns it.
    pub(crate) fn remember(&self, article: &str, pieces: u32) -> Stock {
        self.lock().insert(article.to_owned(), (pieces, Instant::now()));
        Stock { pieces, age: None }
    }

    /// Returns the last known value, unless it is too old.
    pub(crate) fn last(&self, article: &str) -> Option<Stock> {
        let (pieces, since) = *self.lock().get(article)?;
        let age = since.elapsed();
        (age <= MAX_AGE).then_some(Stock { pieces, age: Some(age) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u32, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
