//! The connections between callers and server: TCP on loopback, or in memory.
//!
//! A paused clock needs connections in memory. The paused clock jumps to the next timer whenever
//! all tasks wait, and a task that waits for a real socket counts as waiting. So the clock would
//! jump past the response to the timeout. In memory, tasks wait only for timers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::Mode;
use crate::schedule::Clock;

/// One end of a connection.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {
    /// Ends the connection so that the other end sees an error. In memory, the other end sees an
    /// error whenever the connection ends early.
    fn reset(self: Box<Self>);
}

impl Connection for TcpStream {
    fn reset(self: Box<Self>) {
        // Drops unsent data and sends an RST. If that fails, the connection is already closed.
        let _ = self.set_zero_linger();
    }
}

impl Connection for DuplexStream {
    fn reset(self: Box<Self>) {}
}

/// The caller's end: the address of the server.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    route: Route,
    clock: Clock,
    attempts: Arc<Mutex<Vec<Duration>>>,
}

#[derive(Debug, Clone)]
enum Route {
    Tcp(SocketAddr),
    Memory(Exchange),
}

impl Wire {
    /// Asks the server for its stock of an article.
    pub(crate) async fn ask(&self, article: &str) -> io::Result<u32> {
        // The caller counts, because a server that refuses connections cannot.
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).push(self.clock.elapsed());
        let mut connection = self.connect().await?;
        connection.write_all(format!("{article}\n").as_bytes()).await?;
        let mut response = String::new();
        connection.read_to_string(&mut response).await?;
        if response.is_empty() {
            // In memory, a reset is an empty response.
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let parsed = response.trim().parse();
        parsed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match &self.route {
            Route::Tcp(address) => Ok(Box::new(TcpStream::connect(address).await?)),
            Route::Memory(exchange) => Ok(Box::new(exchange.connect()?)),
        }
    }
}

/// The server's end, which the server can close and open again.
#[derive(Debug)]
pub(crate) enum Port {
    Tcp { address: SocketAddr, state: Tcp },
    Memory { exchange: Exchange, callers: Option<mpsc::UnboundedReceiver<DuplexStream>> },
}

#[derive(Debug)]
pub(crate) enum Tcp {
    Listening(TcpListener),
    /// The port is bound but does not listen. The system refuses connections, and no other program
    /// gets the port.
    Reserved(TcpSocket),
    /// The port is changing between the other two states.
    Neither,
}

impl Port {
    /// Opens a new port that listens.
    pub(crate) fn open(mode: Mode) -> io::Result<Self> {
        match mode {
            Mode::Real => {
                let socket = reserve((Ipv4Addr::LOCALHOST, 0).into())?;
                Ok(Self::Tcp {
                    address: socket.local_addr()?,
                    state: Tcp::Listening(socket.listen(BACKLOG)?),
                })
            }
            Mode::Fast => {
                let exchange = Exchange::default();
                let callers = Some(exchange.listen());
                Ok(Self::Memory { exchange, callers })
            }
        }
    }

    /// Returns the caller's end of this port, which adds the time of each attempt to `attempts`.
    pub(crate) fn wire(&self, clock: Clock, attempts: Arc<Mutex<Vec<Duration>>>) -> Wire {
        let route = match self {
            Self::Tcp { address, .. } => Route::Tcp(*address),
            Self::Memory { exchange, .. } => Route::Memory(exchange.clone()),
        };
        Wire { route, clock, attempts }
    }

    /// Accepts the next connection. While the port is closed, this function never returns.
    pub(crate) async fn accept(&mut self) -> io::Result<Box<dyn Connection>> {
        match self {
            Self::Tcp { state: Tcp::Listening(listener), .. } => {
                Ok(Box::new(listener.accept().await?.0))
            }
            Self::Memory { callers: Some(callers), .. } => match callers.recv().await {
                Some(caller) => Ok(Box::new(caller)),
                None => std::future::pending().await,
            },
            _ => std::future::pending().await,
        }
    }

    /// Closes the port, so that connections are refused.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp { address, state } => {
                *state = Tcp::Neither;
                *state = Tcp::Reserved(reserve(*address)?);
            }
            Self::Memory { exchange, callers } => {
                exchange.close();
                *callers = None;
            }
        }
        Ok(())
    }

    /// Opens the port again if it was closed.
    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp { state, .. } => {
                *state = match std::mem::replace(state, Tcp::Neither) {
                    Tcp::Reserved(socket) => Tcp::Listening(socket.listen(BACKLOG)?),
                    other => other,
                };
            }
            Self::Memory { exchange, callers } => {
                callers.get_or_insert_with(|| exchange.listen());
            }
        }
        Ok(())
    }
}

const BACKLOG: u32 = 1024;

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Earlier connections may still be closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Connects callers in memory to the server while it listens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exchange(Arc<Mutex<Option<mpsc::UnboundedSender<DuplexStream>>>>);

impl Exchange {
    fn connect(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = duplex(256);
        match &*self.lock() {
            Some(server) if server.send(theirs).is_ok() => Ok(ours),
            _ => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn listen(&self) -> mpsc::UnboundedReceiver<DuplexStream> {
        let (server, callers) = mpsc::unbounded_channel();
        *self.lock() = Some(server);
        callers
    }

    fn close(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<DuplexStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
