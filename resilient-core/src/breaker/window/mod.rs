//! What a breaker remembers of its calls while it is healthy: the streak of failures, and a window.

mod count;
mod tally;
mod time;

use std::time::Instant;

use self::count::CountWindow;
pub(crate) use self::tally::{Call, Tally};
use self::time::TimeWindow;
use super::config::{BreakerConfig, Condition, Window};
use crate::seeded::{Bug, seeded};

/// The memory of a closed or observed breaker.
#[derive(Debug)]
pub(crate) struct Health {
    streak: u32,
    window: Option<Recent>,
}

#[derive(Debug)]
enum Recent {
    Calls(CountWindow),
    Time(TimeWindow),
}

impl Health {
    /// Nothing is remembered; the first bucket of a window of time begins now.
    pub(crate) fn new(config: &BreakerConfig, now: Instant) -> Self {
        Self {
            streak: 0,
            window: config.window.map(|window| match window {
                Window::Calls(calls) => Recent::Calls(CountWindow::new(calls)),
                Window::Time(time) => {
                    Recent::Time(TimeWindow::new(time, config.window_buckets, now))
                }
            }),
        }
    }

    /// Remembers a counted call, and says which condition is met.
    pub(crate) fn record(
        &mut self,
        call: Call,
        config: &BreakerConfig,
        now: Instant,
    ) -> Option<Condition> {
        self.streak = self.streak_after(call);
        let tally = match &mut self.window {
            None => None,
            Some(Recent::Calls(window)) => {
                window.push(call);
                Some(window.tally())
            }
            Some(Recent::Time(window)) => {
                window.push(call, now);
                Some(window.tally(now))
            }
        };
        config.conditions.met(self.streak, tally)
    }

    /// Remembers a success for which no clock was read, unless one is needed: to find its bucket, or because a condition
    /// is met. `false` if nothing was done.
    pub(crate) fn record_untimed_success(&mut self, config: &BreakerConfig) -> bool {
        let tally = match &self.window {
            None => None,
            Some(Recent::Calls(window)) => Some(window.tally_with(Call::SUCCESS)),
            Some(Recent::Time(_)) => return false,
        };
        if config.conditions.met(0, tally).is_some() {
            return false;
        }
        self.streak = 0;
        if let Some(Recent::Calls(window)) = &mut self.window {
            window.push(Call::SUCCESS);
        }
        true
    }

    /// Whether another success would change nothing, so that it need not be told.
    pub(crate) fn is_clean(&self) -> bool {
        self.streak == 0
            && match &self.window {
                None => true,
                Some(Recent::Calls(window)) => window.is_full_of_successes(),
                Some(Recent::Time(_)) => seeded(Bug::CleanOverTime),
            }
    }

    pub(crate) fn streak(&self) -> u32 {
        self.streak
    }

    /// What is in the window now.
    pub(crate) fn tally(&self, now: Instant) -> Option<Tally> {
        self.window.as_ref().map(|window| match window {
            Recent::Calls(window) => window.tally(),
            Recent::Time(window) => window.tally(now),
        })
    }

    /// Goes on under other settings: the streak stays, and of the window as much as the new one holds, if it is of the
    /// same kind.
    pub(crate) fn reconfigure(&mut self, config: &BreakerConfig, now: Instant) {
        let fresh = Self::new(config, now);
        self.window = match (self.window.take(), fresh.window) {
            (Some(Recent::Calls(old)), Some(Recent::Calls(new))) => {
                Some(Recent::Calls(new.after(&old)))
            }
            (Some(Recent::Time(old)), Some(Recent::Time(new))) => {
                Some(Recent::Time(new.after(&old, now)))
            }
            (_, new) => new,
        };
    }

    fn streak_after(&self, call: Call) -> u32 {
        if call.failed {
            self.streak.saturating_add(1)
        } else {
            0
        }
    }
}
