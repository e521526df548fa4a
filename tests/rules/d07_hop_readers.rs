//! Rule D7: what a server reads from the headers of its callers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::Registry;
use resilient::deadline::{CallerContext, HopFormat, HopReader, remaining};
use resilient::events::{EventKind, EventSource};
use resilient::retries::{TimeLimit, attempt_number};

use crate::support::retry::SECOND;

const MAX: Duration = Duration::from_secs(10);

/// Returns what code in this context reads.
async fn inside(caller: CallerContext) -> (Option<Duration>, u32) {
    caller.scope(async { (remaining(), attempt_number()) }).await.unwrap()
}

/// Returns what a handler reads if its request has these headers.
async fn handled(reader: &HopReader, time: &[&str], attempt: &[&str]) -> (Option<Duration>, u32) {
    let (time, attempt) = (time.iter(), attempt.iter());
    let caller = reader.read(time.map(|v| v.as_bytes()), attempt.map(|v| v.as_bytes()));
    inside(caller.unwrap()).await
}

#[test]
fn d07_a_time_of_http_is_a_number_of_milliseconds() {
    let read = |text: &str| HopFormat::Http.read_time(text.as_bytes());
    assert_eq!(read("0"), Some(Duration::ZERO));
    assert_eq!(read("0250"), Some(Duration::from_millis(250)));
    assert_eq!(read("999999999999"), Some(Duration::from_millis(999_999_999_999)));
    for wrong in ["", "-1", "+1", " 1", "1 ", "1.5", "1ms", "0x1", "1000000000000", "\u{661}"] {
        assert_eq!(read(wrong), None, "{wrong:?}");
    }
}

#[test]
fn d07_a_time_of_grpc_has_up_to_eight_digits_and_a_unit() {
    let read = |text: &str| HopFormat::Grpc.read_time(text.as_bytes());
    for (text, time) in [
        ("1H", 3_600 * SECOND),
        ("2M", 120 * SECOND),
        ("3S", 3 * SECOND),
        ("4m", Duration::from_millis(4)),
        ("5u", Duration::from_micros(5)),
        ("6n", Duration::from_nanos(6)),
        ("0S", Duration::ZERO),
        ("99999999H", Duration::from_secs(99_999_999 * 3_600)),
    ] {
        assert_eq!(read(text), Some(time), "{text:?}");
    }
    for wrong in ["", "S", "1", "1s", "-1S", "+1S", "1 S", "1.5S", "123456789n", "1SS", "1\u{b5}"] {
        assert_eq!(read(wrong), None, "{wrong:?}");
    }
}

#[test]
fn d07_attempt_numbers_count_from_one_and_previous_attempts_from_zero() {
    let http = |text: &str| HopFormat::Http.read_attempt(text.as_bytes());
    let grpc = |text: &str| HopFormat::Grpc.read_attempt(text.as_bytes());
    assert_eq!((http("1"), http("3"), http("0")), (Some(1), Some(3), None));
    assert_eq!((grpc("0"), grpc("2")), (Some(1), Some(3)));
    assert_eq!(grpc("999999999"), Some(1_000_000_000));
    for wrong in ["", "-1", "two", "1.0", "1000000000"] {
        assert_eq!((http(wrong), grpc(wrong)), (None, None), "{wrong:?}");
    }
    for format in [HopFormat::Http, HopFormat::Grpc] {
        for number in [1, 2, 999_999_999] {
            let text = format.write_attempt(number);
            assert_eq!(format.read_attempt(text.as_bytes()), Some(number), "{format:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn d07_a_caller_can_shorten_its_call_and_not_make_it_longer() {
    let reader = HopReader::new(HopFormat::Http).max(MAX);
    assert_eq!(handled(&reader, &["800"], &["2"]).await, (Some(Duration::from_millis(800)), 2));
    assert_eq!(handled(&reader, &["999999999999"], &[]).await, (Some(MAX), 1));
    assert_eq!(handled(&reader, &[], &[]).await, (Some(MAX), 1));
    let unlimited = HopReader::new(HopFormat::Http);
    assert_eq!(handled(&unlimited, &[], &[]).await, (None, 1));
    assert_eq!(unlimited.counts().unreadable, 0);
}

#[tokio::test(start_paused = true)]
async fn d07_a_header_that_cannot_be_read_or_occurs_twice_is_ignored() {
    let reader = HopReader::new(HopFormat::Http).max(MAX);
    let long = "9".repeat(100_000);
    for time in [&["soon"][..], &["-1"], &[&long], &["1", "1"], &["900000", "1"], &["1", "x"]] {
        assert_eq!(handled(&reader, time, &["3"]).await, (Some(MAX), 3), "{time:.40?}");
    }
    assert_eq!(handled(&reader, &["800"], &["0"]).await, (Some(Duration::from_millis(800)), 1));
    assert_eq!(handled(&reader, &["800"], &["2", "3"]).await.1, 1);
    assert_eq!(reader.counts().unreadable, 8);
}

#[test]
fn d07_a_request_whose_time_is_up_is_refused_and_counted() {
    let reader = HopReader::new(HopFormat::Grpc);
    let refused = reader.read([b"0n".as_slice()], []).unwrap_err();
    assert_eq!((refused.limit(), refused.attempts()), (TimeLimit::Scope, 0));
    assert!(reader.clone().max(Duration::ZERO).read([], []).is_err());
    assert_eq!(reader.counts().late, 2);
}

#[test]
fn d07_each_header_is_reported_once_and_each_refusal() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let listener = Registry::global().on_event(move |event| {
        if event.source() == EventSource::Caller && event.name().starts_with("d07-") {
            let name = event.name().trim_start_matches("d07-").to_owned();
            let kind = match event.kind() {
                EventKind::UnreadableHeader => "unreadable",
                EventKind::LateRequest => "late",
                _ => "other",
            };
            sink.lock().unwrap().push((name, kind));
        }
    });
    let reader = HopReader::new(HopFormat::Http).headers("d07-time", "d07-attempt");
    let bad = || [b"x".as_slice()];
    for _ in 0..3 {
        assert!(reader.clone().read(bad(), bad()).is_ok());
        assert!(reader.read([b"0".as_slice()], []).is_err());
    }
    Registry::global().remove_listener(listener);
    let late = || ("time".to_owned(), "late");
    let expected = [
        ("time".to_owned(), "unreadable"),
        ("attempt".to_owned(), "unreadable"),
        late(),
        late(),
        late(),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}
