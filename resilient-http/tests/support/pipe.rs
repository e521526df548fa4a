//! A transport without sockets whose responses a test writes piece by piece. Paused time moves only
//! when the test waits, which it would not do with sockets.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body::{Body, Frame};
use resilient_http::{
    Bytes, Exchange, Phase, ResponseBody, Transport, TransportError, TransportRequest,
};
use tokio::sync::mpsc;

type Piece = Result<Bytes, TransportError>;

/// Responds to each request with a response of an [`OpenPipe`], in the order of their making.
#[derive(Clone, Default)]
pub struct Pipe {
    waiting: Arc<Mutex<Vec<http::Response<ResponseBody>>>>,
    arrived: Arc<tokio::sync::Notify>,
    requests: Arc<AtomicUsize>,
    open_bodies: Arc<AtomicUsize>,
}

/// The body of a response. Dropping it ends the body.
pub struct OpenPipe(mpsc::UnboundedSender<Piece>);

impl Pipe {
    /// Sends a response head, to the next request or to one that waits.
    pub fn respond(&self, status: u16, content_type: &str) -> OpenPipe {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.open_bodies.fetch_add(1, SeqCst);
        let body = PipeBody { receiver, open_bodies: Arc::clone(&self.open_bodies) };
        let response = http::Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(ResponseBody::new(body))
            .unwrap();
        self.waiting.lock().unwrap().insert(0, response);
        self.arrived.notify_one();
        OpenPipe(sender)
    }

    pub fn ok(&self) -> OpenPipe {
        self.respond(200, "application/octet-stream")
    }

    pub fn events(&self) -> OpenPipe {
        self.respond(200, "text/event-stream; charset=utf-8")
    }

    pub fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    /// Returns the number of bodies that the client has not dropped.
    pub fn open_bodies(&self) -> usize {
        self.open_bodies.load(SeqCst)
    }
}

impl OpenPipe {
    /// Sends a piece, unless the client has dropped the body.
    pub fn send(&self, piece: impl Into<Bytes>) {
        let _ = self.0.send(Ok(piece.into()));
    }

    /// Breaks the connection.
    pub fn break_off(self) {
        let _ = self.0.send(Err(TransportError::connection(Phase::Body, "reset")));
    }
}

impl Transport for Pipe {
    fn send(&self, _: TransportRequest) -> Exchange<'_> {
        self.requests.fetch_add(1, SeqCst);
        Box::pin(async {
            loop {
                if let Some(response) = self.waiting.lock().unwrap().pop() {
                    return Ok(response);
                }
                self.arrived.notified().await;
            }
        })
    }
}

struct PipeBody {
    receiver: mpsc::UnboundedReceiver<Piece>,
    open_bodies: Arc<AtomicUsize>,
}

impl Body for PipeBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        self.receiver.poll_recv(cx).map_ok(Frame::data)
    }
}

impl Drop for PipeBody {
    fn drop(&mut self) {
        self.open_bodies.fetch_sub(1, SeqCst);
    }
}
