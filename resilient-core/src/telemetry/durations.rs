//! The feature `metrics`: the durations of calls through breakers, while the program wants them.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use metrics::histogram;

use crate::platform::contain;

pub(crate) const DURATION: &str = "resilient.breaker.duration";

/// Durations are off until the program asks for them: a duration costs two readings of the clock
/// and a look-up in the recorder.
static ARE_MEASURED: AtomicBool = AtomicBool::new(false);

pub(crate) fn measure_durations(is_on: bool) {
    ARE_MEASURED.store(is_on, Relaxed);
}

#[inline]
pub(crate) fn durations_are_measured() -> bool {
    ARE_MEASURED.load(Relaxed)
}

/// Writes the duration of a call to the recorder. A panic of the recorder is contained.
#[cold]
pub(crate) fn record_duration(breaker: &str, time: Duration) {
    contain(|| histogram!(DURATION, "breaker" => breaker.to_owned()).record(time.as_secs_f64()));
}
