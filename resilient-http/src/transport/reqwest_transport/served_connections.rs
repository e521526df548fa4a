//! Tells whether a connection had served another request before.
//!
//! hyper reports the addresses of the connection with each response, and with the error of a
//! request that was lost. The two addresses identify an open connection: the local one alone does
//! not, because connections to different servers may share it.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::{Extensions, Version, header};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;

/// The connections are forgotten when there are more, because nothing reports that a connection
/// closed. A connection that is forgotten counts as fresh until its next response.
const MOST: usize = 4096;

/// All requests of a lost HTTP/2 connection end within this time. Later, the addresses belong to
/// another connection.
const LOSS: Duration = Duration::from_secs(1);

/// The connections on which a response arrived.
///
/// A layer around the connector could see when the addresses of a lost connection are used again.
/// But with a layer, reqwest makes 18 more allocations for each request.
#[derive(Default)]
pub(super) struct ServedConnections(RwLock<HashMap<ConnectionId, ConnectionState>>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ConnectionId {
    local: SocketAddr,
    remote: SocketAddr,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    /// It serves one request at a time, so it is forgotten when a request is lost on it.
    Http1,
    /// It serves many requests at a time, which are lost together.
    Http2,
    LostHttp2(Instant),
}

impl ServedConnections {
    /// Remembers the connection of a response, unless the server closes it.
    pub(super) fn record(&self, response: &reqwest::Response) {
        let Some(connection) = ConnectionId::of(response.extensions()) else { return };
        let stays_open = !is_last(response);
        let state = match response.version() {
            Version::HTTP_2 => ConnectionState::Http2,
            _ => ConnectionState::Http1,
        };
        let is_known = {
            let served = self.0.read().unwrap_or_else(PoisonError::into_inner);
            served.get(&connection) == Some(&state)
        };
        if is_known == stays_open {
            return;
        }
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !stays_open {
            served.remove(&connection);
            return;
        }
        if served.len() >= MOST {
            served.clear();
        }
        served.insert(connection, state);
    }

    /// Forgets all connections, because the client that had them is replaced.
    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns whether the request was lost on a connection that had served another one.
    pub(super) fn lose(&self, error: &reqwest::Error) -> bool {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<legacy::Error>() {
                let mut extras = Extensions::new();
                if let Some(connection) = error.connect_info() {
                    connection.get_extras(&mut extras);
                }
                let lost = ConnectionId::of(&extras);
                return lost.is_some_and(|lost| self.lose_at(lost, Instant::now()));
            }
            cause = error.source();
        }
        false
    }

    fn lose_at(&self, connection: ConnectionId, now: Instant) -> bool {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match served.remove(&connection) {
            None => false,
            Some(ConnectionState::Http1) => true,
            Some(ConnectionState::Http2) => {
                served.insert(connection, ConnectionState::LostHttp2(now));
                true
            }
            Some(ConnectionState::LostHttp2(began)) => {
                let is_same_loss = now.saturating_duration_since(began) < LOSS;
                if is_same_loss {
                    served.insert(connection, ConnectionState::LostHttp2(began));
                }
                is_same_loss
            }
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Returns a response, as if it had arrived by this version of HTTP.
    async fn received(version: Version) -> reqwest::Response {
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
        let mut response: http::Response<reqwest::Body> = response.into();
        *response.version_mut() = version;
        response.into()
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
    async fn requests_that_are_lost_together_were_all_on_a_reused_connection() {
        let response = received(Version::HTTP_2).await;
        let id = ConnectionId::of(response.extensions()).unwrap();
        let (served, now) = (ServedConnections::default(), Instant::now());
        assert!(!served.lose_at(id, now));
        served.record(&response);
        assert!(served.lose_at(id, now));
        assert!(served.lose_at(id, now + LOSS / 2));
    }

    #[tokio::test]
    async fn a_later_connection_with_the_addresses_of_a_lost_one_is_fresh() {
        for (version, later) in [(Version::HTTP_11, Duration::ZERO), (Version::HTTP_2, LOSS)] {
            let response = received(version).await;
            let id = ConnectionId::of(response.extensions()).unwrap();
            let (served, now) = (ServedConnections::default(), Instant::now());
            served.record(&response);
            assert!(served.lose_at(id, now));
            assert!(!served.lose_at(id, now + later), "{version:?}");
            assert!(!served.lose_at(id, now + later), "{version:?}");
            // Its first response makes it a reused one.
            served.record(&response);
            assert!(served.lose_at(id, now + later), "{version:?}");
        }
    }

    #[tokio::test]
    async fn the_connections_of_a_replaced_client_are_fresh() {
        let response = received(Version::HTTP_11).await;
        let id = ConnectionId::of(response.extensions()).unwrap();
        let served = ServedConnections::default();
        served.record(&response);
        served.clear();
        assert!(!served.lose_at(id, Instant::now()));
    }
}
