//! Tests of the parser against the examples of the specification and against a plain model.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::sse_event::SseEvent;
use super::sse_parser::{EventTooLong, SseParser};

const LIMIT: usize = 1 << 20;

fn parse_with(
    limit: usize,
    chunks: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Vec<SseEvent>, EventTooLong> {
    let mut parser = SseParser::new(limit);
    let mut events = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::from(chunk);
        while let Some(event) = parser.parse(&mut chunk)? {
            events.push(event);
        }
        assert!(chunk.is_empty(), "the parser takes the whole chunk");
    }
    Ok(events)
}

fn parse(document: impl AsRef<[u8]>) -> Vec<SseEvent> {
    parse_with(LIMIT, [document.as_ref().to_vec()]).unwrap()
}

fn data(document: impl AsRef<[u8]>) -> Vec<String> {
    parse(document).into_iter().map(|event| event.data).collect()
}

/// Parses a whole document in the simplest way that the specification allows.
fn model(document: &[u8]) -> Vec<SseEvent> {
    let text = String::from_utf8_lossy(document);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut event, mut data, mut id, mut retry) = ("", Vec::new(), "", None);
    let mut events = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" if line.is_empty() => {
                if !data.is_empty() {
                    events.push(SseEvent {
                        event: if event.is_empty() { "message" } else { event }.to_owned(),
                        data: data.join("\n"),
                        id: id.into(),
                        retry,
                    });
                }
                (event, data) = ("", Vec::new());
            }
            "event" => event = value,
            "data" => data.push(value),
            "id" if !value.contains('\0') => id = value,
            "retry" if !value.contains(|c: char| !c.is_ascii_digit()) && !value.is_empty() => {
                retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }
    events
}

#[test]
fn the_examples_of_the_specification_are_parsed() {
    assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
    let stream =
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third";
    let events = parse(format!("{stream} event\n\n"));
    let found: Vec<_> = events.iter().map(|event| (&*event.data, &*event.id)).collect();
    assert_eq!(found, [("first event", "1"), ("second event", ""), (" third event", "")]);
    assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"], "the last block is incomplete");
    assert_eq!(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
}

#[test]
fn lines_end_with_a_return_a_line_feed_or_both() {
    for end in ["\n", "\r", "\r\n"] {
        let document = format!("event: add{end}data: 1{end}data: 2{end}{end}data: 3{end}{end}");
        let events = parse(document);
        let found: Vec<_> = events.iter().map(|event| (&*event.event, &*event.data)).collect();
        assert_eq!(found, [("add", "1\n2"), ("message", "3")], "{end:?}");
    }
    assert_eq!(data("data: 1\r\rdata: 2\n\r\ndata: 3\r\n\r"), ["1", "2", "3"]);
}

#[test]
fn an_event_is_returned_before_the_next_byte_arrives() {
    // Waiting for the line feed after a return would hold back an event that is complete.
    let mut parser = SseParser::new(LIMIT);
    let mut chunk = Bytes::from("data: 1\r\r");
    assert_eq!(parser.parse(&mut chunk).unwrap().unwrap().data, "1");
    assert_eq!(parser.parse(&mut Bytes::from("\ndata: 2\n")).unwrap(), None);
    assert_eq!(parser.parse(&mut Bytes::from("\n")).unwrap().unwrap().data, "2");
}

#[test]
fn ids_and_times_to_reconnect_stay_until_the_server_changes_them() {
    let events = parse("id: 7\nretry: 1500\n\ndata: a\n\nid: 8\nretry: 2s\ndata: b\n\n");
    assert_eq!((&*events[0].id, events[0].retry), ("7", Some(Duration::from_millis(1500))));
    assert_eq!((&*events[1].id, events[1].retry), ("8", Some(Duration::from_millis(1500))));
    let events = parse("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n");
    assert_eq!(events.iter().map(|event| &*event.id).collect::<Vec<_>>(), ["1", "1", ""]);
    for refused in ["-1", "1.5", "+1", "٣", "", "  1", "1 "] {
        assert_eq!(parse(format!("retry:{refused}\ndata: a\n\n"))[0].retry, None, "{refused:?}");
    }
    let huge = parse("retry: 99999999999999999999999\ndata: a\n\n");
    assert_eq!(huge[0].retry, Some(Duration::from_millis(u64::MAX)));
}

#[test]
fn the_id_of_an_event_counts_when_the_event_is_complete() {
    let mut parser = SseParser::new(LIMIT);
    assert_eq!(parser.last_event_id(), None);
    for (chunk, expected) in [
        ("id: 1\ndata: a\n", None),
        ("\n", Some("1")),
        ("id: 2\ndata: half of an ev", Some("1")),
        ("ent\n\n", Some("2")),
        ("id: 3\n", Some("2")),
        ("\n", Some("3")),
        ("id\n", Some("3")),
        ("\n", Some("")),
    ] {
        parser.parse(&mut Bytes::from(chunk)).unwrap();
        assert_eq!(parser.last_event_id(), expected, "{chunk:?}");
    }
}

#[test]
fn a_long_id_is_shared_by_the_events_after_it() {
    let events = parse(format!("id: {}\n{}", "x".repeat(1000), "data: a\n\n".repeat(3)));
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| Arc::ptr_eq(&event.id, &events[0].id)));
}

#[test]
fn a_byte_order_mark_is_skipped_once_and_comments_and_unknown_fields_are_ignored() {
    assert_eq!(data("\u{feff}data: 1\n\n\u{feff}data: 2\n\n"), ["1"]);
    assert_eq!(data(":data: 1\n: keep-alive\nDATA: 2\n data: 3\nother: 4\ndata: 5\n\n"), ["5"]);
    assert_eq!(data("event: lonely\n\ndata: 1\n\n"), ["1"]);
    assert_eq!(parse("event: lonely\n\ndata: 1\n\n")[0].event, "message");
    assert_eq!(data(b"data: \xff\xf0\x9f\n\n"), ["\u{fffd}\u{fffd}"]);
}

#[test]
fn an_event_longer_than_the_limit_is_an_error_however_it_arrives() {
    let exact = b"data: 12345678\n\n".to_vec();
    assert_eq!(parse_with(14, [exact.clone()]).unwrap().len(), 1);
    assert_eq!(parse_with(13, [exact.clone()]), Err(EventTooLong));
    assert_eq!(parse_with(13, exact.chunks(1).map(<[u8]>::to_vec)), Err(EventTooLong));
    // Many short lines, a line without an end, and a comment without an end.
    assert_eq!(parse_with(100, (0..100).map(|_| b"data: 1\n".to_vec())), Err(EventTooLong));
    assert_eq!(parse_with(100, (0..100).map(|_| b"xx".to_vec())), Err(EventTooLong));
    // Each invalid byte becomes three bytes.
    let invalid = [b"data:".to_vec(), vec![0xff; 60], b"\n\n".to_vec()];
    assert_eq!(parse_with(100, invalid), Err(EventTooLong));
    // The limit is for one event, not for the stream.
    assert_eq!(parse_with(14, (0..1000).map(|_| exact.clone())).unwrap().len(), 1000);
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("data"),
        Just("event"),
        Just("id"),
        Just("retry"),
        Just(":"),
        Just(": "),
        Just(" "),
        Just("\n"),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("\n\n"),
        Just("12"),
        Just("é"),
        Just("𝄞"),
        Just("\u{feff}"),
        Just("\0"),
        Just("data: x\n\n"),
    ];
    let piece = prop_oneof![
        9 => word.prop_map(|word| word.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_split_of_a_document_gives_the_events_of_the_model(
        document in lines(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let expected = model(&document);
        prop_assert_eq!(&parse(&document), &expected);
        let single = document.chunks(1).map(<[u8]>::to_vec);
        prop_assert_eq!(&parse_with(LIMIT, single).unwrap(), &expected);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(document.len() + 1)).collect();
        cuts.sort_unstable();
        let mut rest = &document[..];
        let mut chunks = Vec::new();
        for cut in cuts {
            let done = document.len() - rest.len();
            let (chunk, after) = rest.split_at(cut - done);
            chunks.push(chunk.to_vec());
            rest = after;
        }
        chunks.push(rest.to_vec());
        prop_assert_eq!(&parse_with(LIMIT, chunks).unwrap(), &expected);
    }

    #[test]
    fn any_bytes_are_parsed_as_the_model_does(
        document in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert_eq!(parse(&document), model(&document));
    }
}
