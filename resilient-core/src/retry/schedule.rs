//! The sequence of jittered delays of one call.

use std::time::Duration;

use super::jitter::{Jitter, decorrelated_range, smooth, smooth_range};
use super::policy::RetryPolicy;
use super::random::Random;

/// The state of the sequence, apart from the number of the next delay.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    random: Random,
    before: Before,
}

/// The part of the previous delay that the next delay depends on.
#[derive(Debug, Clone)]
enum Before {
    Nothing,
    /// The last decorrelated delay.
    Delay(Duration),
    /// The last value of the smooth schedule's curve.
    Curve(f64),
}

impl Schedule {
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self { random: Random::new(seed), before: Before::Nothing }
    }

    /// Returns the jittered delay before retry `k`, counted from 1.
    #[inline]
    pub(super) fn delay(&mut self, policy: &RetryPolicy, k: u32) -> Duration {
        let (jitter, cap) = (policy.jitter, policy.max_delay);
        match jitter {
            Jitter::Decorrelated => self.decorrelated(policy.base_delay, cap),
            Jitter::Smooth => self.smooth(k, policy.base_delay, cap),
            _ => jitter.spread(policy.nominal_delay(k), cap, &mut self.random),
        }
    }

    #[inline(never)]
    fn decorrelated(&mut self, base: Duration, cap: Duration) -> Duration {
        let base = base.min(cap);
        let delay = match self.before {
            Before::Delay(before) => {
                let most = before.saturating_mul(3).min(cap);
                self.random.within(base, most)
            }
            _ => base,
        };
        self.before = Before::Delay(delay);
        delay
    }

    #[inline(never)]
    fn smooth(&mut self, k: u32, base: Duration, cap: Duration) -> Duration {
        let before = match self.before {
            Before::Curve(before) => before,
            _ => 0.0,
        };
        let (delay, now) = smooth(k, base, before, &mut self.random);
        self.before = Before::Curve(now);
        delay.min(cap)
    }

    /// Draws a delay like the delay before the first retry. The delay spreads clients that all
    /// received the same hint.
    pub(super) fn spread(&mut self, policy: &RetryPolicy) -> Duration {
        let (cap, random) = (policy.max_delay, &mut self.random);
        match policy.jitter {
            Jitter::Smooth => smooth(1, policy.base_delay, 0.0, random).0.min(cap),
            // The first decorrelated delay is always the base, which would spread no clients.
            Jitter::Decorrelated => random.within(Duration::ZERO, policy.nominal_delay(1)),
            jitter => jitter.spread(policy.nominal_delay(1), cap, random),
        }
    }
}

impl RetryPolicy {
    // R3
    /// Returns the shortest and the longest delay before retry `k`.
    pub(super) fn range(&self, k: u32) -> (Duration, Duration) {
        let cap = self.max_delay;
        match self.jitter {
            Jitter::Decorrelated => decorrelated_range(k, self.base_delay, cap),
            Jitter::Smooth => {
                let (least, most) = smooth_range(k, self.base_delay);
                (least.min(cap), most.min(cap))
            }
            jitter => jitter.range(self.nominal_delay(k), cap),
        }
    }
}
