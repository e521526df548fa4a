//! Tells whether a request was sent on a connection that had served other requests.
//!
//! reqwest does not report which connection a request used. A layer around its connector sees every
//! new connection. The pool calls the connector while it polls the request that needs the
//! connection, so a mark in the thread assigns the connection to that request.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

thread_local! {
    /// Whether the request that this thread polls has asked for a new connection. `None` if the
    /// thread polls no request.
    static ASKED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The connections that one client opened.
#[derive(Clone, Default)]
pub(super) struct OpenedConnections(Arc<ConnectionCounts>);

#[derive(Default)]
struct ConnectionCounts {
    /// The connections that were asked for outside the poll of a request.
    unassigned: AtomicU64,
    /// The attempts to connect that ended.
    ended: AtomicU64,
}

/// What the client knows about the connection of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ConnectionUse {
    /// Whether the request certainly used a connection that was there before.
    pub(super) is_reused: bool,
    /// Whether the client opened no connection at all while the request ran. On HTTP/2, requests
    /// wait for a connection that another request opens.
    pub(super) is_quiet: bool,
}

impl OpenedConnections {
    /// Runs a request and returns what is known about its connection. In doubt, the connection
    /// counts as fresh.
    pub(super) async fn watch<F: Future>(&self, request: F) -> (F::Output, ConnectionUse) {
        let counts = &*self.0;
        let unassigned = counts.unassigned.load(Ordering::Relaxed);
        let ended = counts.ended.load(Ordering::Relaxed);
        let (output, asked) = MarkedRequest { request, asked: false }.await;
        let connection = ConnectionUse {
            is_reused: !asked && unassigned == counts.unassigned.load(Ordering::Relaxed),
            is_quiet: ended == counts.ended.load(Ordering::Relaxed),
        };
        (output, connection)
    }
}

pin_project! {
    /// Marks the thread while it polls a request.
    struct MarkedRequest<F> {
        #[pin]
        request: F,
        asked: bool,
    }
}

impl<F: Future> Future for MarkedRequest<F> {
    type Output = (F::Output, bool);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outer = Restore(ASKED.replace(Some(*this.asked)));
        let polled = this.request.poll(cx);
        *this.asked = ASKED.get().unwrap_or(true);
        drop(outer);
        polled.map(|output| (output, *this.asked))
    }
}

/// Restores the mark of an outer request, also if the poll panics.
struct Restore(Option<bool>);

impl Drop for Restore {
    fn drop(&mut self) {
        ASKED.set(self.0);
    }
}

impl<S> Layer<S> for OpenedConnections {
    type Service = WatchedConnector<S>;

    fn layer(&self, connector: S) -> WatchedConnector<S> {
        WatchedConnector { connector, opened: self.clone() }
    }
}

/// A connector that counts the connections that it opens.
#[derive(Clone)]
pub(super) struct WatchedConnector<S> {
    connector: S,
    opened: OpenedConnections,
}

impl<R, S: Service<R>> Service<R> for WatchedConnector<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Connecting<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        match ASKED.get() {
            Some(_) => ASKED.set(Some(true)),
            None => {
                self.opened.0.unassigned.fetch_add(1, Ordering::Relaxed);
            }
        }
        Connecting { future: self.connector.call(target), opened: self.opened.clone() }
    }
}

pin_project! {
    /// The future of a new connection.
    pub(super) struct Connecting<F> {
        #[pin]
        future: F,
        opened: OpenedConnections,
    }
}

impl<F: Future> Future for Connecting<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.future.poll(cx);
        if polled.is_ready() {
            this.opened.0.ended.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::task::Waker;

    use super::*;

    /// A connector whose connections are ready at once.
    #[derive(Clone)]
    struct Instant;

    impl Service<()> for Instant {
        type Response = ();
        type Error = ();
        type Future = std::future::Ready<Result<(), ()>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            ready(Ok(()))
        }
    }

    fn run<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future is not ready"),
        }
    }

    #[test]
    fn a_request_that_opens_no_connection_used_a_reused_one() {
        let opened = OpenedConnections::default();
        let (_, connection) = run(opened.watch(ready(())));
        assert_eq!(connection, ConnectionUse { is_reused: true, is_quiet: true });
    }

    #[test]
    fn a_request_that_asks_for_a_connection_used_a_fresh_one() {
        let opened = OpenedConnections::default();
        let mut connector = opened.layer(Instant);
        let request = async { connector.call(()).await };
        let (_, connection) = run(opened.watch(request));
        assert_eq!(connection, ConnectionUse { is_reused: false, is_quiet: false });
    }

    #[test]
    fn a_connection_of_another_request_does_not_make_a_connection_fresh() {
        let opened = OpenedConnections::default();
        let mut connector = opened.layer(Instant);
        let outer = async {
            let other = opened.watch(async { connector.call(()).await });
            assert!(!other.await.1.is_reused);
        };
        let (_, connection) = run(opened.watch(outer));
        assert_eq!(connection, ConnectionUse { is_reused: true, is_quiet: false });
    }

    #[test]
    fn a_connection_that_no_request_asked_for_makes_all_running_requests_doubtful() {
        let opened = OpenedConnections::default();
        let mut connector = opened.layer(Instant);
        let mut work = std::pin::pin!(opened.watch(pending::<()>()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(work.as_mut().poll(&mut cx).is_pending());
        drop(connector.call(()));
        assert_eq!(opened.0.unassigned.load(Ordering::Relaxed), 1);
        assert_eq!(ASKED.get(), None);
    }
}
