//! The schedule of the server's conditions.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::time::{Instant, sleep_until};

/// The duration of the demonstration.
pub(crate) const LENGTH: Duration = Duration::from_secs(10);

/// A condition of the server, which decides how the server treats its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The server responds quickly, but loses a connection now and then, as in any network.
    Healthy,
    /// The server responds more and more slowly. At the end, responses take longer than the callers
    /// wait.
    Slow,
    /// The server's port is closed.
    Refusing,
    /// The server accepts the request, then resets the connection.
    Resetting,
}

/// One phase of the ten seconds.
#[derive(Debug)]
pub(crate) struct Phase {
    /// The time from the start of the schedule to the beginning of the phase.
    pub(crate) from: Duration,
    pub(crate) condition: Condition,
    pub(crate) description: &'static str,
}

impl Phase {
    const fn new(from_millis: u64, condition: Condition, description: &'static str) -> Self {
        Self { from: Duration::from_millis(from_millis), condition, description }
    }

    /// Returns whether the server resets the `n`th connection of the phase.
    pub(crate) fn resets(&self, n: u64) -> bool {
        match self.condition {
            Condition::Healthy => n % LOSES == 0,
            Condition::Slow | Condition::Refusing => false,
            Condition::Resetting => true,
        }
    }

    pub(crate) fn is_sick(&self) -> bool {
        self.condition != Condition::Healthy
    }
}

/// The phases. Each phase begins at a multiple of half a second, because
/// [`View::narrate`](crate::view::View::narrate) checks for a new phase every half second.
pub(crate) const PHASES: [Phase; 5] = [
    Phase::new(
        0,
        Condition::Healthy,
        "healthy: responds in 5 to 15 ms, and loses one connection in ten",
    ),
    Phase::new(
        1500,
        Condition::Slow,
        "slowing down: a response takes from 30 ms, at first, to 500 ms",
    ),
    Phase::new(4500, Condition::Refusing, "down: refuses every connection"),
    Phase::new(6000, Condition::Resetting, "half up: accepts connections, then resets them"),
    Phase::new(7000, Condition::Healthy, "healthy again, as at first"),
];

/// A healthy server loses one connection out of `LOSES`.
const LOSES: u64 = 10;

/// The phases, timed from a start that all servers and callers share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    start: Instant,
}

impl Schedule {
    pub(crate) fn starting_now() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.start.elapsed()
    }

    /// Returns the instant that is `from` after the start.
    pub(crate) fn at(self, from: Duration) -> Instant {
        self.start + from
    }

    /// Returns the current phase.
    pub(crate) fn phase(self) -> &'static Phase {
        let elapsed = self.elapsed();
        let begun = PHASES.iter().rev().find(|phase| phase.from <= elapsed);
        begun.unwrap_or(&PHASES[0])
    }

    /// Waits until `phase` is over. The last phase never ends.
    pub(crate) async fn end_of(self, phase: &Phase) {
        match PHASES.iter().find(|next| next.from > phase.from) {
            Some(next) => sleep_until(self.at(next.from)).await,
            None => std::future::pending().await,
        }
    }

    /// Returns the time that the server takes to respond to a request that arrives now.
    pub(crate) fn answer_time(self, random: &mut SmallRng) -> Duration {
        let phase = self.phase();
        let middle = match phase.condition {
            Condition::Slow => {
                let into = self.elapsed().saturating_sub(phase.from).as_secs_f64();
                0.030 + 0.470 * (into / 2.5).min(1.0)
            }
            _ => 0.010,
        };
        // The time is between 50 % and 150 % of the middle.
        Duration::from_secs_f64(middle * (0.5 + random.random::<f64>()))
    }
}
