//! Tells whether a connection had served another request before.
//!
//! hyper reports the addresses of the connection with each response, and with the error of a
//! request that was lost. The two addresses identify an open connection: the local one alone does
//! not, because connections to different servers may share it.

use std::collections::HashSet;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use http::{Extensions, Version, header};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower_layer::Layer;
use tower_service::Service;

/// The connections are forgotten when there are more, because nothing reports that a connection
/// closed. A connection that is forgotten counts as fresh until its next response.
const MOST: usize = 4096;

/// The open connections on which a response arrived.
///
/// A lost connection stays here, because it may carry other requests of HTTP/2 that are lost with
/// it. A new connection can get its addresses, so [`ForgetOpened`] removes them.
#[derive(Clone, Default)]
pub(super) struct ServedConnections(Arc<RwLock<HashSet<ConnectionId>>>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ConnectionId {
    local: SocketAddr,
    remote: SocketAddr,
}

impl ServedConnections {
    /// Remembers the connection of a response, unless the server closes it. A client that the
    /// caller gave has no [`ForgetOpened`], and servers may close all their connections.
    pub(super) fn record(&self, response: &reqwest::Response) {
        let Some(connection) = ConnectionId::of(response.extensions()) else { return };
        if is_last(response) {
            return self.forget(connection);
        }
        if self.contains(connection) {
            return;
        }
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if served.len() >= MOST {
            served.clear();
        }
        served.insert(connection);
    }

    /// Returns whether the request was lost on a connection that had served another one.
    pub(super) fn had_served(&self, error: &reqwest::Error) -> bool {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<legacy::Error>() {
                let mut extras = Extensions::new();
                if let Some(connection) = error.connect_info() {
                    connection.get_extras(&mut extras);
                }
                return ConnectionId::of(&extras).is_some_and(|lost| self.contains(lost));
            }
            cause = error.source();
        }
        false
    }

    fn contains(&self, connection: ConnectionId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&connection)
    }

    fn forget(&self, connection: ConnectionId) {
        if self.contains(connection) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&connection);
        }
    }
}

impl ConnectionId {
    fn of(extras: &Extensions) -> Option<Self> {
        let info = extras.get::<HttpInfo>()?;
        Some(Self { local: info.local_addr(), remote: info.remote_addr() })
    }
}

/// Returns whether the server closes the connection after this response.
fn is_last(response: &reqwest::Response) -> bool {
    let mut options = response.headers().get_all(header::CONNECTION).iter();
    let says_close = options.any(|value| {
        let mut words = value.as_bytes().split(|byte| *byte == b',');
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    });
    says_close || response.version() < Version::HTTP_11
}

/// A layer around the connector, which forgets a closed connection when a new one has the same
/// addresses.
#[derive(Clone)]
pub(super) struct ForgetOpened(pub(super) ServedConnections);

impl<S> Layer<S> for ForgetOpened {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner, served: self.0.clone() }
    }
}

#[derive(Clone)]
pub(super) struct Connector<S> {
    inner: S,
    served: ServedConnections,
}

impl<S, R> Service<R> for Connector<S>
where
    S: Service<R, Response: Connection, Future: Unpin>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Opening<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        Opening { opening: self.inner.call(request), served: self.served.clone() }
    }
}

/// The future of a new connection.
pub(super) struct Opening<F> {
    opening: F,
    served: ServedConnections,
}

impl<F, C, E> Future for Opening<F>
where
    F: Future<Output = Result<C, E>> + Unpin,
    C: Connection,
{
    type Output = Result<C, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let opened = ready!(Pin::new(&mut self.opening).poll(cx));
        if let Ok(connection) = &opened {
            let mut extras = Extensions::new();
            connection.connected().get_extras(&mut extras);
            if let Some(connection) = ConnectionId::of(&extras) {
                self.served.forget(connection);
            }
        }
        Poll::Ready(opened)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};

    use hyper_util::client::legacy::connect::Connected;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Opens connections that have these addresses.
    #[derive(Clone)]
    struct Opens(HttpInfo);

    struct Opened(HttpInfo);

    impl Connection for Opened {
        fn connected(&self) -> Connected {
            Connected::new().extra(self.0.clone())
        }
    }

    impl Service<()> for Opens {
        type Response = Opened;
        type Error = Infallible;
        type Future = Ready<Result<Opened, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            ready(Ok(Opened(self.0.clone())))
        }
    }

    async fn received() -> reqwest::Response {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            stream
        };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (response, _) = tokio::join!(async { client.get(url).send().await.unwrap() }, server);
        response
    }

    fn response(version: Version, connection: &str) -> reqwest::Response {
        let response = http::Response::builder().version(version);
        response.header(header::CONNECTION, connection).body("").unwrap().into()
    }

    #[test]
    fn the_last_response_of_a_connection_is_recognised() {
        for connection in ["close", "Close", "keep-alive, close", "x , CLOSE ,y"] {
            assert!(is_last(&response(Version::HTTP_11, connection)), "{connection}");
        }
        for connection in ["keep-alive", "closed", "", "upgrade"] {
            assert!(!is_last(&response(Version::HTTP_11, connection)), "{connection}");
        }
        assert!(is_last(&response(Version::HTTP_10, "keep")));
        assert!(!is_last(&response(Version::HTTP_2, "")));
    }

    #[tokio::test]
    async fn a_new_connection_with_the_addresses_of_a_closed_one_is_fresh() {
        let response = received().await;
        let id = ConnectionId::of(response.extensions()).unwrap();
        let served = ServedConnections::default();
        served.record(&response);
        assert!(served.contains(id));
        let info = response.extensions().get::<HttpInfo>().unwrap().clone();
        let Ok(_) = ForgetOpened(served.clone()).layer(Opens(info)).call(()).await;
        assert!(!served.contains(id));
    }
}
