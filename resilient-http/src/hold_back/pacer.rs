//! When the next call to an origin may start: after the hold, and then at the pace. It reads no
//! clock and knows no tasks.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::{FASTEST, Pace};
use super::refusal::Refusal;
use super::sent_requests::SentRequests;

/// After this time the client asks again. A wrong hint of a day would otherwise cut off the server
/// for a day.
const LONGEST_HOLD: Duration = Duration::from_secs(60 * 60);
/// A longer hint could exceed what an `Instant` can hold.
const LONGEST_HINT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// If no call had to wait for this long, the pace is forgotten.
const QUIET: Duration = Duration::from_secs(60);
/// A timer may be late by its precision. Starts may catch up by this much, so that a fast pace does
/// not suffer.
const LATENESS: Duration = Duration::from_millis(5);
/// The first start after a hold is delayed at random by at most this time, because a server often
/// gives several clients the same end.
const SPREAD: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Pacer {
    refusal: Refusal,
    /// The end of the server's hint.
    asked_until: Instant,
    /// The end of the hold. It is before `asked_until` if the hint is longer than `LONGEST_HOLD`.
    held_until: Instant,
    next_start: Instant,
    /// `None` until the first start after the hold, because responses that arrive during the hold
    /// belong to what is learned.
    pace: Option<Pace>,
    /// The pace that led to the refusal.
    previous: Option<Duration>,
    last_wait: Instant,
}

/// The effect of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NewHold {
    /// Whether the hold is new. Requests that were sent before a hold can only extend it.
    pub(super) is_new: bool,
    /// How much longer the hold is now.
    pub(super) extension: Duration,
}

impl Pacer {
    /// Begins a hold. `spread` is a random number.
    pub(super) fn begin(refusal: Refusal, now: Instant, spread: u8) -> Self {
        let hint = refusal.hint.min(LONGEST_HINT);
        let held_until = now + hint.min(LONGEST_HOLD);
        Self {
            refusal,
            asked_until: now + hint,
            held_until,
            next_start: held_until + SPREAD.min(hint) * u32::from(spread) / 256,
            pace: None,
            previous: None,
            last_wait: held_until,
        }
    }

    /// Learns of another refusal.
    pub(super) fn refuse(&mut self, refusal: Refusal, now: Instant, spread: u8) -> NewHold {
        let new = Self::begin(refusal, now, spread);
        let extension = new.asked_until.saturating_duration_since(self.asked_until);
        // No request is sent during a hold, so this request is older than the hold. It says nothing
        // about the pace.
        if refusal.sent_at < self.held_until {
            self.asked_until = self.asked_until.max(new.asked_until);
            if new.held_until > self.held_until {
                self.held_until = new.held_until;
                self.next_start = self.next_start.max(new.next_start);
                self.last_wait = self.held_until;
                self.pace = None;
            }
            return NewHold { is_new: false, extension };
        }
        let previous = self.pace.map(|pace| pace.interval);
        *self = Self { previous, ..new };
        NewHold { is_new: true, extension }
    }

    /// Returns the time until the server expects requests again, or `None` if there is no hold.
    pub(super) fn held_for(&self, now: Instant) -> Option<Duration> {
        (now < self.held_until).then(|| self.asked_until.saturating_duration_since(now))
    }

    /// Returns whether calls no longer need a pace.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let is_fast = self.pace.is_some_and(|pace| pace.interval <= FASTEST);
        now >= self.held_until
            && (is_fast || now.saturating_duration_since(self.last_wait) >= QUIET)
    }

    /// Returns whether a call could have started this long ago, and none did.
    pub(super) fn has_waited_since(&self, now: Instant, time: Duration) -> bool {
        now.saturating_duration_since(self.next_start) >= time
    }

    /// Returns how long a call waits that has this many calls before it.
    pub(super) fn expected_wait(
        &self,
        calls_before: usize,
        now: Instant,
        sent: &SentRequests,
    ) -> Duration {
        let next = self.next_start.saturating_duration_since(now);
        let next = self.held_for(now).map_or(next, |held| next.max(held));
        let interval = self.pace.unwrap_or_else(|| self.learn(sent)).interval;
        let calls_before = u32::try_from(calls_before).unwrap_or(u32::MAX);
        next.saturating_add(interval.saturating_mul(calls_before))
    }

    /// Starts the first call in line.
    ///
    /// # Errors
    ///
    /// Returns the instant at which the call may start if that is later.
    pub(super) fn start(&mut self, now: Instant, sent: &SentRequests) -> Result<(), Instant> {
        if now < self.next_start {
            self.wait(now);
            return Err(self.next_start);
        }
        let mut pace = self.pace.unwrap_or_else(|| self.learn(sent));
        pace.start(now);
        let earliest = now.checked_sub(LATENESS).unwrap_or(now);
        self.next_start = self.next_start.max(earliest) + pace.interval;
        self.pace = Some(pace);
        Ok(())
    }

    /// Notes that a call waits.
    pub(super) fn wait(&mut self, now: Instant) {
        self.last_wait = self.last_wait.max(now);
        if let Some(pace) = &mut self.pace {
            pace.bind();
        }
    }

    fn learn(&self, sent: &SentRequests) -> Pace {
        Pace::learn(&self.refusal, sent, self.previous)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A server that accepts `limit` requests in each second of its clock and refuses the others
    /// with a hint of one second.
    struct Server {
        start: Instant,
        limit: u32,
        window: u64,
        accepted: u32,
        refused: u32,
    }

    impl Server {
        fn accepts(&mut self, now: Instant) -> bool {
            let window = (now - self.start).as_secs();
            if window != self.window {
                (self.window, self.accepted) = (window, 0);
            }
            let accepts = self.accepted < self.limit;
            if accepts {
                self.accepted += 1;
            } else {
                self.refused += 1;
            }
            accepts
        }
    }

    /// Runs `calls` through a server that allows ten requests per second. The first requests are
    /// sent together, `offset` after a window began. Returns the refusals after the first ones and
    /// the time of the last success.
    fn run(calls: u32, offset: Duration) -> (u32, Duration) {
        let start = Instant::now();
        let mut server = Server { start, limit: 10, window: 0, accepted: 0, refused: 0 };
        let sent = SentRequests::new(start);
        let first = start + offset;
        let mut waiting = calls;
        let mut pacer: Option<Pacer> = None;
        for call in 0..calls {
            let at = first + Duration::from_millis(u64::from(call));
            sent.add(at);
            if server.accepts(at) {
                waiting -= 1;
                continue;
            }
            sent.remove(at);
            let refusal = Refusal { sent_at: at, hint: SECOND, is_limit: true, stated: None };
            match &mut pacer {
                Some(pacer) => assert!(!pacer.refuse(refusal, at, 128).is_new),
                None => pacer = Some(Pacer::begin(refusal, at, 128)),
            }
        }
        let refused_at_once = server.refused;
        let mut pacer = pacer.unwrap();
        let mut now = first + Duration::from_millis(u64::from(calls));
        while waiting > 0 {
            if let Err(next) = pacer.start(now, &sent) {
                now = next;
                continue;
            }
            pacer.wait(now);
            sent.add(now);
            if server.accepts(now) {
                waiting -= 1;
            } else {
                sent.remove(now);
                let refusal = Refusal { sent_at: now, hint: SECOND, is_limit: true, stated: None };
                assert!(pacer.refuse(refusal, now, 128).is_new);
            }
        }
        (server.refused - refused_at_once, now - first)
    }

    #[test]
    fn forty_callers_of_a_server_that_allows_ten_per_second_cause_few_more_refusals() {
        for offset in 0..20 {
            let (refused, took) = run(40, Duration::from_millis(offset * 50));
            assert!(refused <= 3, "{refused} refusals at {offset}");
            assert!(took < Duration::from_secs(8), "{took:?} at {offset}");
        }
    }

    #[test]
    fn a_backlog_of_a_thousand_calls_is_worked_off_near_the_limit_with_few_refusals() {
        let (refused, took) = run(1000, Duration::from_millis(100));
        assert!(refused <= 40, "{refused}");
        assert!(took < Duration::from_secs(150), "{took:?}");
    }

    fn refusal(sent_at: Instant, hint: Duration) -> Refusal {
        Refusal { sent_at, hint, is_limit: true, stated: None }
    }

    #[test]
    fn nothing_starts_during_the_hold_and_then_calls_start_one_by_one() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        (0..10).for_each(|_| sent.add(now));
        let mut pacer = Pacer::begin(refusal(now, SECOND * 2), now, 0);
        assert_eq!(pacer.held_for(now + SECOND), Some(SECOND));
        assert_eq!(pacer.start(now + SECOND, &sent), Err(now + SECOND * 2));
        let end = now + SECOND * 2;
        assert_eq!((pacer.held_for(end), pacer.start(end, &sent)), (None, Ok(())));
        let interval = Duration::from_millis(220);
        assert_eq!(pacer.start(end, &sent), Err(end + interval));
        assert_eq!(pacer.expected_wait(3, end, &sent), interval * 4);
        assert_eq!(pacer.start(end + interval, &sent), Ok(()));
    }

    #[test]
    fn an_older_request_extends_the_hold_and_never_shortens_it() {
        let now = Instant::now();
        let mut pacer = Pacer::begin(refusal(now, SECOND * 5), now, 0);
        let shorter = pacer.refuse(refusal(now, SECOND), now + SECOND, 0);
        assert_eq!(shorter, NewHold { is_new: false, extension: Duration::ZERO });
        assert_eq!(pacer.held_for(now), Some(SECOND * 5));
        let longer = pacer.refuse(refusal(now, SECOND * 9), now + SECOND, 0);
        assert_eq!(longer, NewHold { is_new: false, extension: SECOND * 5 });
        assert_eq!(pacer.held_for(now), Some(SECOND * 10));
    }

    #[test]
    fn a_request_that_was_sent_at_the_new_pace_begins_a_new_hold_with_a_slower_pace() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        let mut pacer = Pacer::begin(refusal(now, SECOND), now, 0);
        let end = now + SECOND;
        assert_eq!(pacer.start(end, &sent), Ok(()));
        let before = pacer.pace.unwrap().interval;
        assert!(pacer.refuse(refusal(end, SECOND / 2), end, 0).is_new);
        assert_eq!(pacer.start(end + SECOND / 2, &sent), Ok(()));
        assert!(pacer.pace.unwrap().interval >= before);
    }

    #[test]
    fn a_hint_of_a_day_is_reported_in_full_and_holds_for_an_hour() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        let day = Duration::from_secs(86_400);
        let mut pacer = Pacer::begin(refusal(now, day), now, 0);
        assert_eq!(pacer.expected_wait(0, now, &sent), day);
        assert_eq!(pacer.start(now + LONGEST_HOLD, &sent), Ok(()));
    }

    #[test]
    fn the_longest_hint_and_the_longest_line_do_not_overflow() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        let mut pacer = Pacer::begin(refusal(now, Duration::MAX), now, u8::MAX);
        assert_eq!(pacer.held_for(now), Some(LONGEST_HINT));
        assert!(pacer.expected_wait(usize::MAX, now, &sent) > LONGEST_HINT);
        assert!(!pacer.refuse(refusal(now, Duration::MAX), now, 1).is_new);
    }

    #[test]
    fn a_minute_after_the_last_wait_the_pace_is_forgotten() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        let mut pacer = Pacer::begin(refusal(now, SECOND), now, 0);
        let end = now + SECOND;
        assert!(!pacer.is_over(now + QUIET));
        assert!(pacer.is_over(end + QUIET));
        assert_eq!(pacer.start(end, &sent), Ok(()));
        pacer.wait(end + SECOND);
        assert!(!pacer.is_over(end + QUIET));
        assert!(pacer.is_over(end + SECOND + QUIET));
    }

    #[test]
    fn a_late_timer_does_not_slow_down_a_fast_pace_and_an_idle_time_causes_no_burst() {
        let now = Instant::now();
        let sent = SentRequests::new(now);
        (0..1000).for_each(|_| sent.add(now));
        let mut pacer = Pacer::begin(refusal(now, SECOND), now, 0);
        let late = now + SECOND + Duration::from_millis(3);
        let caught_up = (0..10).take_while(|_| pacer.start(late, &sent).is_ok()).count();
        assert_eq!(caught_up, 3);
        let idle = late + SECOND * 10;
        let burst = (0..10).take_while(|_| pacer.start(idle, &sent).is_ok()).count();
        assert!(burst <= 6, "{burst}");
    }
}
