//! Tells whether a connection had served another request before.
//!
//! hyper reports the local address of the connection with each response, and with the error of a
//! request that was lost. A local address identifies an open connection.

use std::collections::HashSet;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};

use http::Extensions;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;

/// The addresses are forgotten when there are more, because nothing reports that a connection
/// closed. A connection that is forgotten counts as fresh until its next response.
const MOST: usize = 4096;

/// The local addresses of the connections on which a response arrived.
#[derive(Default)]
pub(super) struct ServedConnections(RwLock<HashSet<SocketAddr>>);

impl ServedConnections {
    /// Remembers the connection of a response.
    pub(super) fn record(&self, response: &Extensions) {
        let Some(address) = local_address(response) else { return };
        let is_known = self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&address);
        if !is_known {
            let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if served.len() >= MOST {
                served.clear();
            }
            served.insert(address);
        }
    }

    /// Returns whether the request was lost on a connection that had served another one. The
    /// address is forgotten, because a later connection can get the same one.
    pub(super) fn forget(&self, error: &reqwest::Error) -> bool {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<legacy::Error>() {
                let mut extras = Extensions::new();
                if let Some(connection) = error.connect_info() {
                    connection.get_extras(&mut extras);
                }
                return local_address(&extras).is_some_and(|address| self.remove(address));
            }
            cause = error.source();
        }
        false
    }

    fn remove(&self, address: SocketAddr) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&address)
    }
}

fn local_address(extras: &Extensions) -> Option<SocketAddr> {
    Some(extras.get::<HttpInfo>()?.local_addr())
}
