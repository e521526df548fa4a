//! Parses a stream of server-sent events by the WHATWG specification.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};

use super::sse_event::SseEvent;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The state of a parser between two chunks. A chunk may end anywhere, also between `\r` and `\n`
/// or inside a character.
pub(super) struct SseParser {
    /// The largest number of bytes of one event. It bounds the memory of the parser.
    limit: usize,
    /// The bytes of a line whose end has not arrived.
    line: Vec<u8>,
    is_first_line: bool,
    /// Whether the last byte was `\r`, so that a following `\n` ends the same line.
    is_after_return: bool,
    event: String,
    /// The lines of the data, each with a line feed at its end.
    data: String,
    /// The id of the event that is arriving. It counts from the end of that event.
    next_id: Option<Arc<str>>,
    /// Shared by the events, because a server may send a long id once and many short events.
    id: Option<Arc<str>>,
    retry: Option<Duration>,
}

/// The error of an event that is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventTooLong;

impl SseParser {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            is_first_line: true,
            is_after_return: false,
            event: String::new(),
            data: String::new(),
            next_id: None,
            id: None,
            retry: None,
        }
    }

    /// Takes bytes from the chunk until an event is complete. Returns `None` if the chunk ends
    /// first. An event that the stream does not complete is never returned.
    pub(super) fn parse(&mut self, chunk: &mut Bytes) -> Result<Option<SseEvent>, EventTooLong> {
        while let Some(&first) = chunk.first() {
            if std::mem::take(&mut self.is_after_return) && first == b'\n' {
                chunk.advance(1);
                continue;
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let piece = chunk.split_to(end.unwrap_or(chunk.len()));
            if piece.len() > self.limit.saturating_sub(self.line.len() + self.size()) {
                return Err(EventTooLong);
            }
            self.line.extend_from_slice(&piece);
            if end.is_none() {
                break;
            }
            self.is_after_return = chunk.get_u8() == b'\r';
            let line = std::mem::take(&mut self.line);
            let event = self.end_line(&line);
            // The buffer of the line is used again.
            self.line = line;
            self.line.clear();
            // Invalid bytes grow when they become replacement characters.
            if self.size() > self.limit {
                return Err(EventTooLong);
            }
            if event.is_some() {
                return Ok(event);
            }
        }
        Ok(None)
    }

    pub(super) fn last_event_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn size(&self) -> usize {
        self.event.len() + self.data.len()
    }

    fn end_line(&mut self, line: &[u8]) -> Option<SseEvent> {
        let line = match line.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if self.is_first_line => rest,
            _ => line,
        };
        self.is_first_line = false;
        if line.is_empty() {
            return self.end_event();
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, rest) = line.split_at(colon);
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match name {
            b"event" => self.event = value.into_owned(),
            b"data" => {
                self.data.push_str(&value);
                self.data.push('\n');
            }
            b"id" if !value.contains('\0') => self.next_id = Some(value.into()),
            b"retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            // Comments have an empty name. The specification ignores unknown fields.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<SseEvent> {
        let event = std::mem::take(&mut self.event);
        let mut data = std::mem::take(&mut self.data);
        self.id.clone_from(&self.next_id);
        // Without data there is no event, but its id and its time to connect again count.
        data.pop()?;
        Some(SseEvent {
            event: if event.is_empty() { "message".to_owned() } else { event },
            data,
            id: self.id.clone().unwrap_or_default(),
            retry: self.retry,
        })
    }
}
