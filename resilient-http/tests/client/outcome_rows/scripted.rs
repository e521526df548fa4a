//! A transport that does the same with every request.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Frame;
use http_body_util::BodyExt;
use resilient_http::{
    Bytes, Exchange, Phase, ResponseBody, Transport, TransportError, TransportRequest,
};

use self::Content::{Stalls, Whole};
use self::Fault::{Fails, Hangs, Responds};

/// What the transport does with every request.
#[derive(Clone)]
pub(super) enum Fault {
    Fails(fn() -> TransportError),
    /// Responds with a status, headers and a body.
    Responds(u16, &'static [(&'static str, &'static str)], Content),
    Hangs,
}

#[derive(Clone, Copy)]
pub(super) enum Content {
    Whole(&'static str),
    /// One piece, and then nothing.
    Stalls,
    /// One piece, and then an error.
    Fails(fn() -> TransportError),
}

impl Content {
    fn body(self) -> ResponseBody {
        let end = match self {
            Whole(text) => return text.into(),
            Stalls => None,
            Content::Fails(make) => Some(make),
        };
        ResponseBody::new(BrokenBody { piece: Some("[1"), end })
    }
}

/// Yields one piece and then an error, or nothing more.
pub(super) struct BrokenBody<E> {
    pub(super) piece: Option<&'static str>,
    pub(super) end: Option<fn() -> E>,
}

impl<E> http_body::Body for BrokenBody<E> {
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        match (self.piece.take(), self.end) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece.into())))),
            (None, Some(make)) => Poll::Ready(Some(Err(make()))),
            (None, None) => Poll::Pending,
        }
    }
}

pub(super) struct Scripted(pub(super) Fault);

impl Transport for Scripted {
    fn send(&self, request: TransportRequest) -> Exchange<'_> {
        Box::pin(async {
            // A body that fails makes the exchange fail.
            if let Err(error) = request.body.collect().await {
                return Err(TransportError::connection(Phase::Send, error));
            }
            match &self.0 {
                Fails(make) => Err(make()),
                Hangs => std::future::pending().await,
                Responds(status, headers, content) => {
                    let mut response = http::Response::builder().status(*status);
                    for (name, value) in *headers {
                        response = response.header(*name, *value);
                    }
                    Ok(response.body(content.body()).unwrap())
                }
            }
        })
    }
}
