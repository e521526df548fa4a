//! The delays of one call, one after the other.

use std::time::Duration;

use super::jitter::{Jitter, Random, smooth};
use super::policy::RetryPolicy;

/// What the next delay depends on beside its number.
#[derive(Debug)]
pub(super) struct Schedule {
    random: Random,
    decorrelated: Option<Duration>,
    smooth: f64,
}

impl Schedule {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self {
            random: Random::new(seed),
            decorrelated: None,
            smooth: 0.0,
        }
    }

    /// The jittered delay before retry `k`, counted from 1.
    pub(super) fn delay(&mut self, policy: &RetryPolicy, k: u32) -> Duration {
        let cap = policy.max_delay;
        match policy.jitter {
            Jitter::Decorrelated => {
                let base = policy.base_delay.min(cap);
                let delay = match self.decorrelated {
                    None => base,
                    Some(before) => {
                        let most = before.saturating_mul(3).min(cap);
                        self.random.within(base, most)
                    }
                };
                self.decorrelated = Some(delay);
                delay
            }
            Jitter::Smooth => {
                let (delay, s) = smooth(k, policy.base_delay, self.smooth, &mut self.random);
                self.smooth = s;
                delay.min(cap)
            }
            jitter => jitter.spread(policy.nominal(k), cap, &mut self.random),
        }
    }

    /// Drawn as the delay before the first retry: what spreads the clients that were all told the same time.
    pub(super) fn spread(&mut self, policy: &RetryPolicy) -> Duration {
        let random = &mut self.random;
        match policy.jitter {
            Jitter::Smooth => smooth(1, policy.base_delay, 0.0, random)
                .0
                .min(policy.max_delay),
            // Its first delay is the base itself, which would spread nobody.
            Jitter::Decorrelated => random.within(Duration::ZERO, policy.nominal(1)),
            jitter => jitter.spread(policy.nominal(1), policy.max_delay, random),
        }
    }
}

impl RetryPolicy {
    /// The capped delay before retry `k`, before jitter.
    fn nominal(&self, k: u32) -> Duration {
        self.backoff
            .nominal(k, self.base_delay, self.backoff_factor)
            .min(self.max_delay)
    }
}
