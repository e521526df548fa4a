//! A server that can break the rules of HTTP on its connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use super::counted::Connections;

/// A step of a script. The server runs the script after a request has arrived.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes this byte for ever, with this delay after each byte.
    Drip(u8, Duration),
    /// Writes these bytes for ever, as fast as the client reads them.
    Flood(Vec<u8>),
    /// Does nothing until the client closes the connection.
    Stall,
    /// Resets the connection.
    Reset,
    /// Waits for the next request on the connection.
    Next,
    /// Waits until as many connections have come here as the barrier says.
    Meet(Arc<Barrier>),
}

/// Which request arrived. All numbers count from 0.
#[derive(Debug, Clone, Copy)]
pub struct RequestPlace {
    /// The number of earlier requests, on all connections.
    pub overall: usize,
    /// The number of earlier connections.
    pub connection: usize,
    /// The number of earlier requests on this connection.
    pub on_connection: usize,
}

type Script = dyn Fn(RequestPlace) -> Vec<Step> + Send + Sync;

/// Makes a step that writes these bytes.
pub fn write(text: impl AsRef<[u8]>) -> Step {
    Step::Write(text.as_ref().to_vec())
}

/// Makes a step that writes a complete response.
pub fn ok(body: &str) -> Step {
    let length = body.len();
    write(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"))
}

/// Listens with a queue for all connections of the largest test. If the queue were full, the kernel
/// could keep a closed connection open for longer than a test waits.
fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(4096).unwrap()
}

/// A server on loopback. It stops when this value is dropped.
pub struct Raw {
    pub url: String,
    pub connections: Connections,
    requests: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Raw {
    /// Starts a server that runs `script` for request `n`, counted from 0, and then closes the
    /// connection.
    pub async fn serve(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::serve_places(move |place| script(place.overall)).await
    }

    /// Starts a server that runs the script for the request at this place, and then closes the
    /// connection.
    #[allow(clippy::unused_async, reason = "listening needs a runtime, which an async call has")]
    pub async fn serve_places(
        script: impl Fn(RequestPlace) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = listen();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Connections::default();
        let requests = Arc::new(AtomicUsize::new(0));
        let script: Arc<Script> = Arc::new(script);
        let (counted, seen) = (connections.clone(), Arc::clone(&requests));
        let server = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let open = counted.enter();
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move {
                    serve_one(stream, connection, &*script, &seen).await;
                    drop(open);
                });
            }
        });
        Self { url, connections, requests, server }
    }

    /// Starts a server that runs these steps for every request.
    pub async fn always(steps: Vec<Step>) -> Self {
        Self::serve(move |_| steps.clone()).await
    }

    /// Returns the number of requests that arrived.
    pub fn count(&self) -> usize {
        self.requests.load(SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve_one(
    mut stream: TcpStream,
    connection: usize,
    script: &Script,
    requests: &AtomicUsize,
) {
    'requests: for on_connection in 0.. {
        if read_request(&mut stream).await.is_none() {
            return;
        }
        let overall = requests.fetch_add(1, SeqCst);
        for step in script(RequestPlace { overall, connection, on_connection }) {
            match step {
                Step::Write(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Drip(byte, every) => loop {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(every).await;
                },
                Step::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
                Step::Stall => {
                    let _ = stream.read(&mut [0; 1]).await;
                    return;
                }
                Step::Reset => {
                    let socket = socket2::SockRef::from(&stream);
                    socket.set_linger(Some(Duration::ZERO)).unwrap();
                    return;
                }
                Step::Next => continue 'requests,
                Step::Meet(barrier) => {
                    barrier.wait().await;
                }
            }
        }
        return;
    }
}

/// Reads one whole request. Returns `None` if the connection ends first.
async fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await.ok()?;
        if n == 0 {
            return None;
        }
        read.extend_from_slice(&buffer[..n]);
        let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().unwrap());
        if read.len() - end - 4 >= length {
            return Some(());
        }
    }
}

/// Returns an address that refuses connections until the process ends. Its socket is bound and does
/// not listen: a port that is free again would be taken by the server of another test.
pub fn refusing() -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    std::mem::forget(socket);
    url
}
