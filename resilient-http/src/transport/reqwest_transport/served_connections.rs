//! Tells whether a connection had served another request before.
//!
//! hyper reports the addresses of the connection with each response, and with the error of a
//! request that was lost. The two addresses identify an open connection.

use std::collections::HashSet;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use http::{Extensions, Version, header};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;

/// The addresses are forgotten when there are more, because nothing reports that a connection
/// closed. A connection that is forgotten counts as fresh until its next response.
const MOST: usize = 4096;

/// The connections on which a response arrived.
#[derive(Default)]
pub(super) struct ServedConnections(RwLock<HashSet<Ends>>);

/// The local and the remote address of a connection.
type Ends = (SocketAddr, SocketAddr);

impl ServedConnections {
    /// Remembers the connection of a response, unless the server closes it. A later connection can
    /// get the addresses of a closed one.
    pub(super) fn record(&self, response: &reqwest::Response) {
        let Some(ends) = ends_of(response.extensions()) else { return };
        let is_known = self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&ends);
        let stays_open = !is_last(response);
        if is_known == stays_open {
            return;
        }
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if stays_open {
            if served.len() >= MOST {
                served.clear();
            }
            served.insert(ends);
        } else {
            served.remove(&ends);
        }
    }

    /// Returns whether the request was lost on a connection that had served another one, and forgets
    /// the connection.
    pub(super) fn forget(&self, error: &reqwest::Error) -> bool {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<legacy::Error>() {
                let mut extras = Extensions::new();
                if let Some(connection) = error.connect_info() {
                    connection.get_extras(&mut extras);
                }
                return ends_of(&extras).is_some_and(|ends| self.remove(ends));
            }
            cause = error.source();
        }
        false
    }

    fn remove(&self, ends: Ends) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&ends)
    }
}

fn ends_of(extras: &Extensions) -> Option<Ends> {
    let connection = extras.get::<HttpInfo>()?;
    Some((connection.local_addr(), connection.remote_addr()))
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
    use super::*;

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
}
