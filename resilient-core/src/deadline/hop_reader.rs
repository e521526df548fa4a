//! Reads what callers in other processes say about their calls, and mistrusts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::caller_context::CallerContext;
use super::hop_format::HopFormat;
use crate::event::{Event, EventKind};
use crate::signal::{Name, TimedOut};
use crate::telemetry;

// D7
/// Reads what callers in other processes say about their calls, for a layer of a server. Clones
/// share their counts.
///
/// - A caller can shorten its call, but not make it longer than [`max`](Self::max).
/// - A value that is not of the [format](HopFormat), and a header that occurs twice, is ignored.
///   The first one of each header is reported, with the event
///   [`EventKind::UnreadableHeader`](crate::event::EventKind::UnreadableHeader).
/// - A request whose time is up is refused, with the event
///   [`EventKind::LateRequest`](crate::event::EventKind::LateRequest).
///
/// ```
/// use resilient_core::deadline::{HopFormat, HopReader};
/// use std::time::Duration;
///
/// let reader = HopReader::new(HopFormat::Http).max(Duration::from_secs(10));
/// // The values of the two headers of a request.
/// let caller = reader.read([b"800".as_slice()], [b"2".as_slice()]).unwrap();
/// assert_eq!(caller.scope_blocking(resilient_core::retry::attempt_number), 2);
///
/// assert!(reader.read([b"0".as_slice()], []).is_err());
/// assert_eq!(reader.counts().late, 1);
/// ```
#[derive(Debug, Clone)]
pub struct HopReader {
    format: HopFormat,
    time_header: Name,
    attempt_header: Name,
    max: Option<Duration>,
    leaves_retries: bool,
    seen: Arc<Seen>,
}

/// What a [`HopReader`] has counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HopCounts {
    /// Requests with a header that was ignored because it could not be read.
    pub unreadable: u64,
    /// Requests that were refused because their time was up.
    pub late: u64,
}

#[derive(Debug, Default)]
struct Seen {
    unreadable: AtomicU64,
    late: AtomicU64,
    time_is_reported: AtomicBool,
    attempt_is_reported: AtomicBool,
}

/// What the values of one header say.
enum Reading<T> {
    Absent,
    Value(T),
    Unreadable,
}

impl HopReader {
    /// Reads headers of this format, under their usual names.
    #[must_use]
    pub fn new(format: HopFormat) -> Self {
        Self {
            format,
            time_header: Name::Static(format.time_header()),
            attempt_header: Name::Static(format.attempt_header()),
            max: None,
            leaves_retries: false,
            seen: Arc::default(),
        }
    }

    /// Sets the names of the two headers, which events show. Default: those of the format.
    #[must_use]
    pub fn headers(mut self, time: impl Into<String>, attempt: impl Into<String>) -> Self {
        self.time_header = Name::from(time.into());
        self.attempt_header = Name::from(attempt.into());
        self
    }

    /// Sets the longest time that a request may take, also of a caller that sends no time. Zero
    /// refuses all requests. Default: no limit.
    #[must_use]
    pub const fn max(mut self, max: Duration) -> Self {
        self.max = Some(max);
        self
    }

    /// Leaves the retries to callers that retry: if a request is the second attempt or a later one,
    /// the loops below make a single attempt. See
    /// [`CallerContext::collapse_retries`]. Default: the loops below retry.
    #[must_use]
    pub const fn leave_retries_to_callers(mut self) -> Self {
        self.leaves_retries = true;
        self
    }

    /// Reads the values of the header with the time and of the header with the attempt. The time
    /// counts from now.
    ///
    /// # Errors
    ///
    /// Returns [`TimedOut`] if the time is up, so the work should not start.
    pub fn read<'a>(
        &self,
        time: impl IntoIterator<Item = &'a [u8]>,
        attempt: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<CallerContext, TimedOut> {
        let mut caller = CallerContext::new();
        let attempt = only(attempt, |value| self.format.read_attempt(value));
        let time = only(time, |value| self.format.read_time(value));
        self.count_unreadable(&time, &attempt);
        if let Reading::Value(number) = attempt {
            caller = caller.attempt(number).collapse_retries(self.leaves_retries && number > 1);
        }
        let time = if let Reading::Value(time) = time { Some(time) } else { None };
        let Some(time) = time.into_iter().chain(self.max).min() else { return Ok(caller) };
        if time.is_zero() {
            self.seen.late.fetch_add(1, Relaxed);
            let name = self.time_header.clone();
            telemetry::notify_global(&Event::of_caller(name, EventKind::LateRequest));
            return Err(TimedOut::before_the_call(time));
        }
        Ok(caller.time_left(time))
    }

    /// Returns what this reader and its clones have counted.
    #[must_use]
    pub fn counts(&self) -> HopCounts {
        let Seen { unreadable, late, .. } = &*self.seen;
        HopCounts { unreadable: unreadable.load(Relaxed), late: late.load(Relaxed) }
    }

    fn count_unreadable(&self, time: &Reading<Duration>, attempt: &Reading<u32>) {
        let time = matches!(time, Reading::Unreadable);
        let attempt = matches!(attempt, Reading::Unreadable);
        if time || attempt {
            self.seen.unreadable.fetch_add(1, Relaxed);
        }
        for (is_unreadable, name, is_reported) in [
            (time, &self.time_header, &self.seen.time_is_reported),
            (attempt, &self.attempt_header, &self.seen.attempt_is_reported),
        ] {
            if is_unreadable && !is_reported.swap(true, Relaxed) {
                let event = Event::of_caller(name.clone(), EventKind::UnreadableHeader);
                telemetry::notify_global(&event);
            }
        }
    }
}

/// Reads the only value of a header.
fn only<'a, T>(
    values: impl IntoIterator<Item = &'a [u8]>,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Reading<T> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else { return Reading::Absent };
    match read(value) {
        Some(value) if values.next().is_none() => Reading::Value(value),
        _ => Reading::Unreadable,
    }
}
