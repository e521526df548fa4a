//! The faults of the server over time. A seed decides the details; the load does not change them.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The duration of the demonstration.
pub(crate) const LENGTH: Duration = Duration::from_secs(10);

/// A part of the ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spell {
    /// The server responds quickly.
    Healthy,
    /// For moments, the server loses or refuses connections. Between these moments it is healthy.
    Blips,
    /// Most responses take longer than a caller with a time limit waits.
    Slow,
    /// The server accepts requests and does not respond. At the end, its process is killed.
    Hang,
    /// The server refuses all connections.
    Outage,
}

/// The spells, with their beginnings in milliseconds.
pub(crate) const SPELLS: [(u64, Spell); 7] = [
    (0, Spell::Healthy),
    (1000, Spell::Blips),
    (2500, Spell::Slow),
    (4000, Spell::Healthy),
    (5000, Spell::Hang),
    (6500, Spell::Outage),
    (8000, Spell::Healthy),
];

impl Spell {
    /// Returns the spell at a time after the start.
    pub(crate) fn at(elapsed: Duration) -> Self {
        let begun = |(from, _): &&(u64, Self)| Duration::from_millis(*from) <= elapsed;
        SPELLS.iter().rev().find(begun).map_or(Self::Healthy, |(_, spell)| *spell)
    }

    /// Returns whether more load makes the state of a real server worse.
    pub(crate) fn is_sick(self) -> bool {
        matches!(self, Self::Slow | Self::Hang | Self::Outage)
    }
}

/// How the server treats the connections of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The server reads the request, then resets the connection.
    Lose,
    /// The server's port is closed.
    Refuse,
    /// The server reads the request and does not respond.
    Hang,
}

/// The time since the start, which all servers and callers share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn starting_now() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn since_start(self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.start)
    }

    pub(crate) async fn sleep_until(self, elapsed: Duration) {
        sleep_until(self.start + elapsed).await;
    }
}

/// All faults of the ten seconds.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) clock: Clock,
    seed: u64,
    /// The faults in order, with their beginnings in milliseconds.
    faults: Vec<(u64, Fault)>,
}

/// In the spell of blips, there is one blip in each interval of this many milliseconds.
const BETWEEN_BLIPS: u64 = 150;

impl Schedule {
    pub(crate) fn new(clock: Clock, seed: u64) -> Self {
        let mut schedule = Self { clock, seed, faults: Vec::new() };
        for (index, (from, spell)) in SPELLS.iter().enumerate() {
            match spell {
                Spell::Healthy | Spell::Slow => schedule.faults.push((*from, Fault::None)),
                Spell::Hang => schedule.faults.push((*from, Fault::Hang)),
                Spell::Outage => schedule.faults.push((*from, Fault::Refuse)),
                Spell::Blips => schedule.add_blips(*from, SPELLS[index + 1].0),
            }
        }
        schedule
    }

    /// Adds blips of 20 to 50 ms at random times. Two of three are lost connections, the others are
    /// refusals.
    fn add_blips(&mut self, from: u64, to: u64) {
        let intervals = (from..to).step_by(usize::try_from(BETWEEN_BLIPS).unwrap_or(1));
        for (number, interval) in (1..).zip(intervals) {
            let length = 20 + self.draw(Draw::BlipLength, number) % 31;
            let begins = interval + self.draw(Draw::BlipTime, number) % (BETWEEN_BLIPS - length);
            let fault = if number % 3 == 0 { Fault::Refuse } else { Fault::Lose };
            self.faults.push((begins, fault));
            self.faults.push((begins + length, Fault::None));
        }
    }

    /// Returns the faults in order, each with the time at which it ends. The last one never ends.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (Fault, Option<Duration>)> {
        let ends = self.faults.iter().skip(1).map(|(next, _)| Some(Duration::from_millis(*next)));
        self.faults.iter().map(|(_, fault)| *fault).zip(ends.chain([None]))
    }

    /// Returns the time that the server takes to respond to a request that arrives now.
    pub(crate) fn response_time(&self) -> Duration {
        let elapsed = self.clock.elapsed();
        let middle = match Spell::at(elapsed) {
            Spell::Slow => {
                // The server becomes slow within half a second.
                let into = elapsed.as_secs_f64() - 2.5;
                0.030 + 0.390 * (into / 0.5).min(1.0)
            }
            _ => 0.010,
        };
        // The time is between 50 % and 150 % of the middle. Requests of one millisecond share it.
        let millisecond = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let percent = 50 + self.draw(Draw::ResponseTime, millisecond) % 101;
        Duration::from_secs_f64(middle * percent as f64 / 100.0)
    }

    /// Returns the article that a call asks for.
    pub(crate) fn article(&self, call: u32) -> &'static str {
        const ARTICLES: [&str; 8] =
            ["bed", "bench", "chair", "desk", "lamp", "shelf", "sofa", "table"];
        let drawn = self.draw(Draw::Article, call.into()) % 8;
        ARTICLES[usize::try_from(drawn).unwrap_or(0)]
    }

    /// Returns random bits that depend only on the seed, the subject and the number, so that all
    /// three servers and callers draw the same. This is one step of the generator `SplitMix64`.
    fn draw(&self, draw: Draw, number: u64) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let stream = self.seed.wrapping_mul(4).wrapping_add(draw as u64);
        let mut bits = stream.wrapping_mul(1_000_003).wrapping_add(number).wrapping_mul(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// What a random number is for.
#[derive(Debug, Clone, Copy)]
enum Draw {
    BlipTime,
    BlipLength,
    ResponseTime,
    Article,
}
