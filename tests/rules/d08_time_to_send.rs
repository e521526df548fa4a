//! Rule D8: what a caller sends to a service in another process.

use std::time::Duration;

use resilient::deadline::{HopFormat, SEND_MARGIN, remaining, scope, time_to_send};
use resilient::retries::TimeLimit;
use resilient::{Classification, Classify};
use tokio::time::advance;

use crate::support::retry::SECOND;

const MS: Duration = Duration::from_millis(1);

#[test]
fn d08_without_a_deadline_no_time_is_sent() {
    assert_eq!(time_to_send(SEND_MARGIN), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn d08_the_margin_is_taken_off_until_less_than_a_millisecond_is_left() {
    let sent = scope(SECOND, async {
        assert_eq!(time_to_send(SEND_MARGIN), Ok(Some(995 * MS)));
        assert_eq!(time_to_send(Duration::ZERO), Ok(Some(SECOND)));
        advance(994 * MS).await;
        assert_eq!(time_to_send(SEND_MARGIN), Ok(Some(MS)));
        assert!(time_to_send(SEND_MARGIN + MS).is_err());
        assert!(time_to_send(Duration::MAX).is_err());
        advance(MS / 2).await;
        let error = time_to_send(SEND_MARGIN).unwrap_err();
        assert_eq!((error.limit(), error.attempts()), (TimeLimit::Scope, 0));
        // The caller was short of time: this says nothing about the dependency.
        assert_eq!(error.classify(), Classification::ignored());
        remaining()
    });
    assert_eq!(sent.await, Ok(Some(Duration::from_micros(5_500))));
}

#[test]
fn d08_a_written_time_is_rounded_down_and_can_be_read() {
    for (time, http, grpc) in [
        (Duration::ZERO, "0", "0n"),
        (Duration::from_micros(1_999), "1", "1999000n"),
        (Duration::new(0, 99_999_999), "99", "99999999n"),
        (Duration::new(0, 100_000_999), "100", "100000u"),
        (1_500 * MS, "1500", "1500000u"),
        (Duration::new(100, 999_999), "100000", "100000m"),
        (100_000 * SECOND + MS, "100000001", "100000S"),
        (Duration::from_secs(100_000_001), "100000001000", "1666666M"),
        (Duration::MAX, "999999999999", "99999999H"),
    ] {
        for (format, expected) in [(HopFormat::Http, http), (HopFormat::Grpc, grpc)] {
            let text = format.write_time(time);
            assert_eq!(text, expected, "{time:?}");
            assert!(format.read_time(text.as_bytes()).unwrap() <= time, "{text:?}");
        }
    }
}
