//! A warehouse that follows a script and remembers when it was asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// What the warehouse does with one question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reply {
    Stock(u32),
    Unavailable,
    UnknownArticle,
    Hangs,
}

/// Replies in order, and repeats the last reply.
#[derive(Debug)]
pub(crate) struct Script {
    start: Instant,
    replies: RefCell<VecDeque<Reply>>,
    asked: RefCell<Vec<Duration>>,
}

impl Script {
    pub(crate) fn new(replies: &[Reply]) -> Self {
        Self {
            start: Instant::now(),
            replies: RefCell::new(replies.iter().copied().collect()),
            asked: RefCell::default(),
        }
    }

    pub(crate) async fn reply(&self) -> Reply {
        self.asked.borrow_mut().push(self.start.elapsed());
        let reply = {
            let mut replies = self.replies.borrow_mut();
            if replies.len() > 1 { replies.pop_front() } else { replies.front().copied() }
        };
        match reply.expect("a script has a reply") {
            Reply::Hangs => std::future::pending().await,
            reply => reply,
        }
    }

    /// How often the warehouse was asked.
    pub(crate) fn attempts(&self) -> usize {
        self.asked.borrow().len()
    }

    /// The times between the questions in milliseconds, rounded to tens: tokio's timers can be a
    /// millisecond late.
    pub(crate) fn delays(&self) -> Vec<u128> {
        let asked = self.asked.borrow();
        let between = |pair: &[Duration]| pair[1].saturating_sub(pair[0]).as_millis();
        asked.windows(2).map(|pair| (between(pair) + 5) / 10 * 10).collect()
    }
}

/// Implements the trait `Warehouse` of the module for `Script`.
macro_rules! follow_scripts {
    () => {
        impl Warehouse for crate::support::Script {
            async fn ask(&self, _article: &str) -> Result<u32, StockError> {
                match self.reply().await {
                    crate::support::Reply::Stock(pieces) => Ok(pieces),
                    crate::support::Reply::UnknownArticle => Err(StockError::UnknownArticle),
                    _ => Err(StockError::Unavailable),
                }
            }
        }
    };
}
pub(crate) use follow_scripts;
