//! The tokens of a budget, counted without a lock.
//!
//! One word holds tokens and capacity. So deposits and overrides, in any order, never leave more
//! tokens than the capacity. The word publishes no other data, so relaxed accesses are enough.

use std::sync::atomic::Ordering::Relaxed;

use super::config::BudgetConfig;
use crate::platform::AtomicU64;

#[derive(Debug)]
pub(super) struct Bucket {
    /// The upper half holds the tokens; the lower half holds the capacity.
    level: AtomicU64,
    /// The upper half holds the cost of a retry; the lower half holds the deposit.
    prices: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) tokens: u32,
    pub(super) capacity: u32,
}

impl Level {
    fn plus(self, tokens: u32) -> Self {
        Self { tokens: self.tokens.saturating_add(tokens).min(self.capacity), ..self }
    }
}

impl Bucket {
    pub(super) fn new(config: &BudgetConfig) -> Self {
        Self {
            level: AtomicU64::new(pack(config.initial_tokens(), config.capacity())),
            prices: AtomicU64::new(pack(config.retry_cost(), config.deposit())),
        }
    }

    #[inline]
    pub(super) fn level(&self) -> Level {
        level_of(self.level.load(Relaxed))
    }

    pub(super) fn retry_cost(&self) -> u32 {
        halves(self.prices.load(Relaxed)).0
    }

    pub(super) fn deposit(&self) -> u32 {
        halves(self.prices.load(Relaxed)).1
    }

    /// Takes the cost of a retry from the bucket. Returns the cost, or `None` if the bucket has too
    /// few tokens.
    pub(super) fn take(&self) -> Option<u32> {
        let cost = self.retry_cost();
        self.change(|level| {
            let tokens = level.tokens.checked_sub(cost)?;
            Some(Level { tokens, ..level })
        })
        .then_some(cost)
    }

    /// Adds tokens up to the capacity. Returns whether the number of tokens changed.
    pub(super) fn put(&self, tokens: u32) -> bool {
        self.change(|level| {
            let fuller = level.plus(tokens);
            (fuller != level).then_some(fuller)
        })
    }

    /// Applies new settings. First adds `more` tokens, or takes them if `more` is negative; then
    /// drops the tokens above the capacity.
    pub(super) fn reconfigure(&self, config: &BudgetConfig, more: i64) {
        let prices = pack(config.retry_cost(), config.deposit());
        self.prices.store(prices, Relaxed);
        let capacity = config.capacity();
        self.change(|level| {
            let tokens = i64::from(level.tokens).saturating_add(more);
            let tokens = tokens.clamp(0, i64::from(capacity));
            Some(Level { tokens: u32::try_from(tokens).unwrap_or(capacity), capacity })
        });
    }

    /// Replaces the level with the result of `change`. Returns `false` if `change` returns `None`.
    fn change(&self, change: impl Fn(Level) -> Option<Level>) -> bool {
        let mut word = self.level.load(Relaxed);
        while let Some(Level { tokens, capacity }) = change(level_of(word)) {
            let new = pack(tokens, capacity);
            match self.level.compare_exchange_weak(word, new, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(newer) => word = newer,
            }
        }
        false
    }
}

const fn pack(above: u32, below: u32) -> u64 {
    ((above as u64) << 32) | below as u64
}

#[expect(clippy::cast_possible_truncation, reason = "each is one half")]
const fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

const fn level_of(word: u64) -> Level {
    let (tokens, capacity) = halves(word);
    Level { tokens, capacity }
}
