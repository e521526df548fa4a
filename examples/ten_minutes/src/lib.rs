//! A price service that stands in for a real one. It listens on loopback and misbehaves on demand.

// src/lib.rs
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the price service behaves.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// It knows the price of a teapot.
    Healthy,
    /// It closes two of three connections without a response.
    Lossy,
    /// It closes every connection without a response.
    Down,
    /// It never responds.
    Hangs,
}

/// The price service, and its client.
#[derive(Debug)]
pub struct PriceService {
    // `None` if the client calls the server in memory.
    address: Option<SocketAddr>,
    server: Arc<Server>,
}

#[derive(Debug)]
struct Server {
    mode: Mutex<Mode>,
    requests: AtomicU32,
}

impl PriceService {
    /// Starts it on a free port. With `FAST=1` in the environment, sleeps and time limits
    /// take no time: the clock is paused and jumps to the next timer whenever all tasks
    /// wait. It would jump past a response that comes from a socket, so the client then
    /// calls the server in memory.
    pub async fn start() -> io::Result<Self> {
        let service = Self::in_memory();
        if std::env::var_os("FAST").is_some() {
            tokio::time::pause();
            return Ok(service);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = Some(listener.local_addr()?);
        tokio::spawn(serve(listener, service.server.clone()));
        Ok(Self { address, ..service })
    }

    /// Returns a price service without a socket.
    pub fn in_memory() -> Self {
        let mode = Mutex::new(Mode::Healthy);
        let server = Server { mode, requests: AtomicU32::new(0) };
        Self { address: None, server: Arc::new(server) }
    }

    /// Changes how the service behaves.
    pub fn set(&self, mode: Mode) {
        *self.server.mode.lock().unwrap() = mode;
    }

    /// Returns the number of requests since the last call of this method.
    pub fn requests(&self) -> u32 {
        self.server.requests.swap(0, Relaxed)
    }

    /// Asks for the price of an article, in cents. `None` means: no such article.
    pub async fn ask(&self, article: &str) -> io::Result<Option<u32>> {
        let response = match self.address {
            Some(address) => ask(address, article).await?,
            None => self.server.respond(article).await,
        };
        match response.as_str() {
            "" => Err(io::ErrorKind::ConnectionReset.into()),
            price => Ok(price.trim().parse().ok()),
        }
    }
}

async fn ask(address: SocketAddr, article: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("{article}\n").as_bytes()).await?;
    let mut response = String::new();
    connection.read_to_string(&mut response).await?;
    Ok(response)
}

async fn serve(listener: TcpListener, server: Arc<Server>) -> io::Result<()> {
    loop {
        let mut connection = BufReader::new(listener.accept().await?.0);
        let server = server.clone();
        tokio::spawn(async move {
            let mut article = String::new();
            connection.read_line(&mut article).await?;
            let response = server.respond(article.trim()).await;
            connection.write_all(response.as_bytes()).await
        });
    }
}

impl Server {
    /// Returns the response. If it is empty, the server only closes the connection.
    async fn respond(&self, article: &str) -> String {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let number = self.requests.fetch_add(1, Relaxed) + 1;
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Healthy => {}
            Mode::Lossy if number % 3 == 0 => {}
            Mode::Lossy | Mode::Down => return String::new(),
            Mode::Hangs => std::future::pending().await,
        }
        match article {
            "teapot" => "1999\n".to_owned(),
            _ => "none\n".to_owned(),
        }
    }
}

/// Prints the result of a call.
pub fn show(label: &str, price: Result<u32, impl std::fmt::Display>) {
    match price {
        Ok(cents) => println!("{label:10} {cents} cents"),
        Err(error) => println!("{label:10} {error}"),
    }
}
