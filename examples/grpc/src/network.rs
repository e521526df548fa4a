//! Connections between the processes: over TCP, or in memory for tests on a paused clock.

use std::io;

use hyper_util::rt::TokioIo;
use resilient_tower::GrpcServerLayer;
use tokio::net::TcpListener;
use tonic::transport::server::{Router, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tower::layer::util::{Identity, Stack};
use tower::service_fn;

/// A server whose handlers have the deadlines of their callers.
pub type Server = Router<Stack<GrpcServerLayer, Identity>>;

/// The kind of connections.
#[derive(Debug, Clone, Copy)]
pub enum Network {
    /// Ports of this machine.
    Tcp,
    /// One connection to each server, in memory.
    Memory,
}

impl Network {
    /// Starts a server, and returns a channel to it.
    ///
    /// # Errors
    ///
    /// Returns an error if no port can be opened.
    pub async fn serve(self, server: Server) -> Result<Channel, Box<dyn std::error::Error>> {
        match self {
            Self::Tcp => {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?;
                tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
                Ok(endpoint.connect_lazy())
            }
            Self::Memory => {
                let (ours, theirs) = tokio::io::duplex(1 << 16);
                let connections = tokio_stream::once(Ok::<_, io::Error>(theirs));
                tokio::spawn(server.serve_with_incoming(connections));
                let mut ours = Some(TokioIo::new(ours));
                let connector = service_fn(move |_| {
                    let ours = ours.take().ok_or(io::Error::from(io::ErrorKind::NotConnected));
                    std::future::ready(ours)
                });
                Ok(Endpoint::from_static("http://memory").connect_with_connector_lazy(connector))
            }
        }
    }
}
