//! The body of a form as a stream: the contents of the parts, and the lines between them.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::error::BoxError;
use crate::request::body::RequestBody;

pub(super) struct FormBody {
    pieces: VecDeque<Piece>,
}

pub(super) enum Piece {
    /// The lines around a content.
    Lines(Bytes),
    Content(RequestBody),
    /// A content that was sent before and cannot be sent again.
    Gone,
}

impl Piece {
    fn length(&self) -> SizeHint {
        match self {
            Self::Lines(lines) => SizeHint::with_exact(lines.len() as u64),
            Self::Content(content) => content.size_hint(),
            Self::Gone => SizeHint::new(),
        }
    }
}

impl FormBody {
    pub(super) fn new(pieces: VecDeque<Piece>) -> Self {
        Self { pieces }
    }
}

impl HttpBody for FormBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let Some(piece) = self.pieces.front_mut() else {
                return Poll::Ready(None);
            };
            let content = match piece {
                Piece::Lines(lines) => {
                    let lines = std::mem::take(lines);
                    self.pieces.pop_front();
                    return Poll::Ready(Some(Ok(Frame::data(lines))));
                }
                Piece::Content(content) => content,
                Piece::Gone => {
                    self.pieces.clear();
                    return Poll::Ready(Some(Err(PartGone.into())));
                }
            };
            match ready!(Pin::new(content).poll_frame(cx)) {
                // A part has no trailers.
                Some(Ok(frame)) if !frame.is_data() => {}
                Some(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Some(Err(error)) => {
                    self.pieces.clear();
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.pieces.pop_front();
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut lower, mut upper) = (0_u64, Some(0_u64));
        for piece in &self.pieces {
            let length = piece.length();
            lower = lower.saturating_add(length.lower());
            upper = upper.zip(length.upper()).and_then(|(sum, more)| sum.checked_add(more));
        }
        let mut hint = SizeHint::new();
        hint.set_lower(lower);
        if let Some(upper) = upper {
            hint.set_upper(upper.max(lower));
        }
        hint
    }
}

/// The error of a form that is sent again although a part of it cannot be sent again.
#[derive(Debug)]
struct PartGone;

impl fmt::Display for PartGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of the form was sent before, and can be sent only once")
    }
}

impl std::error::Error for PartGone {}
