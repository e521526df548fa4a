//! The pace at which calls start after a rate limit: how it is learned, and how it grows.

use std::time::Duration;

use tokio::time::Instant;

use super::refusal::Refusal;
use super::sent_requests::{LONGEST_LOOK_BACK, SentRequests};

/// Fewer accepted requests than this say little about the limit of the server.
const ENOUGH_REQUESTS: u32 = 5;
/// The pace stays this much below the one that the server accepted before.
const MARGIN: f64 = 1.1;
/// Each refusal repeats the hint, so a slower pace than this would gain nothing.
const SLOWEST: Duration = Duration::from_secs(1);
/// The slowest pace after a 503, which says nothing about a limit.
const SLOWEST_IF_UNAVAILABLE: Duration = Duration::from_millis(100);
/// If calls start faster than this, pacing them has no effect.
pub(super) const FASTEST: Duration = Duration::from_micros(50);
/// Servers often count requests by the second, even if their hint is shorter.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);
/// The first growth of a learned pace. Each quiet period doubles the growth, up to `MOST_GROWTH`.
const FIRST_GROWTH: f64 = 0.05;
const MOST_GROWTH: f64 = 1.0;

/// The time between the starts of two calls, which shrinks while the server refuses nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) interval: Duration,
    growth: f64,
    period: Duration,
    period_end: Option<Instant>,
    /// Whether a call had to wait in this period. If none had, the server was not asked for more,
    /// so nothing is known about a faster pace.
    is_binding: bool,
}

impl Pace {
    /// Learns the pace from the last refusal and the requests that the server accepted before it.
    /// `previous` is the pace that led to the refusal.
    pub(super) fn learn(
        refusal: &Refusal,
        sent: &SentRequests,
        previous: Option<Duration>,
    ) -> Self {
        let look_back = refusal.hint.clamp(SHORTEST_PERIOD, LONGEST_LOOK_BACK);
        let from = refusal.sent_at.checked_sub(look_back).unwrap_or(refusal.sent_at);
        let accepted = sent.since(from);
        // If the requests came in a burst, the hint is the better measure of the server's window.
        let span = refusal.hint.max(refusal.sent_at.saturating_duration_since(accepted.since));
        let measured = |enough| {
            let is_enough = accepted.requests >= enough;
            is_enough.then(|| span.div_f64(f64::from(accepted.requests.max(1))))
        };
        let limit = measured(ENOUGH_REQUESTS).max(refusal.stated);
        let (interval, growth, slowest) = match (refusal.is_limit, limit) {
            (true, Some(interval)) => (interval.mul_f64(MARGIN), FIRST_GROWTH, SLOWEST),
            (true, None) => (refusal.hint, MOST_GROWTH, SLOWEST),
            (false, _) => {
                let half = measured(1).map_or(refusal.hint, |interval| interval.saturating_mul(2));
                (half, MOST_GROWTH, SLOWEST_IF_UNAVAILABLE)
            }
        };
        let slower = previous.map_or(Duration::ZERO, |interval| interval.mul_f64(MARGIN));
        let is_known = growth < MOST_GROWTH;
        Self {
            interval: interval.max(slower).clamp(FASTEST, slowest.max(slower).min(SLOWEST)),
            growth,
            period: if is_known { look_back } else { SHORTEST_PERIOD },
            period_end: None,
            is_binding: false,
        }
    }

    /// Notes that a call had to wait.
    pub(super) fn bind(&mut self) {
        self.is_binding = true;
    }

    /// Notes that a call starts. After a period in which calls waited and the server refused
    /// nothing, the pace grows.
    pub(super) fn start(&mut self, now: Instant) {
        match self.period_end {
            Some(end) if now < end => return,
            Some(_) if self.is_binding => {
                self.interval = self.interval.div_f64(1.0 + self.growth);
                self.growth = (self.growth * 2.0).min(MOST_GROWTH);
            }
            _ => {}
        }
        self.is_binding = false;
        self.period_end = now.checked_add(self.period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Returns the pace after `requests` were accepted at these milliseconds before a refusal.
    fn learned(accepted: &[u64], change: impl FnOnce(&mut Refusal)) -> Pace {
        let start = Instant::now();
        let sent = SentRequests::new(start);
        let sent_at = start + Duration::from_secs(100);
        for before in accepted {
            sent.add(sent_at - Duration::from_millis(*before));
        }
        let mut refusal = Refusal { sent_at, hint: SECOND, is_limit: true, stated: None };
        change(&mut refusal);
        Pace::learn(&refusal, &sent, None)
    }

    fn millis(pace: Pace) -> u128 {
        pace.interval.as_millis()
    }

    #[test]
    fn a_burst_is_measured_against_the_hint_and_a_steady_load_against_its_own_time() {
        assert_eq!(millis(learned(&[1; 10], |_| {})), 110);
        let steady: Vec<u64> = (0..600).map(|n| n * 100 + 50).collect();
        assert_eq!(millis(learned(&steady, |_| {})), 110);
        let rest_of_a_minute = |it: &mut Refusal| it.hint = Duration::from_secs(7);
        assert_eq!(millis(learned(&steady, rest_of_a_minute)), 110);
    }

    #[test]
    fn a_limit_that_the_server_states_counts_unless_the_server_accepted_less() {
        let stated = |it: &mut Refusal| it.stated = Some(Duration::from_millis(100));
        assert_eq!(millis(learned(&[], stated)), 110);
        assert_eq!(millis(learned(&[1; 20], stated)), 110);
        assert_eq!(millis(learned(&[1; 5], stated)), 220);
    }

    #[test]
    fn without_knowledge_one_call_starts_per_hint_and_at_least_one_per_second() {
        let short = |it: &mut Refusal| it.hint = Duration::from_millis(200);
        assert_eq!(learned(&[], short).interval, Duration::from_millis(200));
        let long = |it: &mut Refusal| it.hint = Duration::from_secs(3600);
        assert_eq!(learned(&[], long).interval, SECOND);
        assert_eq!(learned(&[1; 4], |_| {}).interval, SECOND);
        assert_eq!(learned(&[], |it| it.hint = Duration::MAX).interval, SECOND);
    }

    #[test]
    fn after_a_503_calls_start_at_half_their_former_pace_and_at_least_ten_per_second() {
        let unavailable = |it: &mut Refusal| it.is_limit = false;
        assert_eq!(millis(learned(&[1; 100], unavailable)), 20);
        assert_eq!(millis(learned(&[1; 3], unavailable)), 100);
        assert_eq!(millis(learned(&[], unavailable)), 100);
    }

    #[test]
    fn a_refusal_of_the_new_pace_makes_it_slower_but_never_slower_than_one_per_second() {
        let start = Instant::now();
        let sent = SentRequests::new(start);
        let refusal = Refusal { sent_at: start, hint: SECOND, is_limit: true, stated: None };
        let next = |stated, previous| {
            let refusal = Refusal { stated: Some(stated), ..refusal };
            Pace::learn(&refusal, &sent, Some(previous)).interval
        };
        let ms = Duration::from_millis;
        assert_eq!(next(ms(100), ms(200)), ms(220));
        assert_eq!(next(ms(100), ms(1000)), ms(1000));
    }

    #[test]
    fn a_learned_pace_grows_slowly_at_first_and_then_faster_while_calls_wait() {
        let mut pace = learned(&[1; 10], |_| {});
        let now = Instant::now();
        let mut growth = Vec::new();
        for second in 0..8 {
            let before = pace.interval;
            pace.start(now + SECOND * second);
            pace.bind();
            let grown = before.as_nanos() * 1000 / pace.interval.as_nanos();
            growth.push((grown + 5) / 10);
        }
        assert_eq!(growth, [100, 105, 110, 120, 140, 180, 200, 200]);
    }

    #[test]
    fn a_pace_at_which_no_call_waits_stays() {
        let mut pace = learned(&[1; 10], |_| {});
        let before = pace.interval;
        let now = Instant::now();
        for second in 0..100 {
            pace.start(now + SECOND * second);
        }
        assert_eq!(pace.interval, before);
    }
}
