//! Both ends of a scrape. A program that has an HTTP server needs only the function `metrics`, as a
//! handler.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use resilient::Registry;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The time limit of a scrape.
const PATIENCE: Duration = Duration::from_secs(5);
/// A limit in bytes that exceeds the request of any scraper.
const LONGEST_REQUEST: u64 = 8 * 1024;

/// Updates the recorder and returns the body of the response.
fn metrics(recorder: &PrometheusHandle) -> String {
    Registry::global().record_metrics();
    recorder.render()
}

/// Serves one connection after another.
pub(crate) async fn serve(listener: &TcpListener, recorder: &PrometheusHandle) {
    loop {
        if let Ok((connection, _)) = listener.accept().await {
            // A scraper that hangs up or is too slow gets no response.
            let _ = timeout(PATIENCE, answer(connection, recorder)).await;
        }
    }
}

async fn answer(mut connection: TcpStream, recorder: &PrometheusHandle) -> io::Result<()> {
    let (reader, mut writer) = connection.split();
    let mut lines = BufReader::new(reader.take(LONGEST_REQUEST)).lines();
    let request = lines.next_line().await?.unwrap_or_default();
    // Skips the headers.
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let (status, body) = if request.starts_with("GET /metrics ") {
        ("200 OK", metrics(recorder))
    } else {
        ("404 Not Found", "see /metrics\n".to_owned())
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n\
         Content-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    writer.write_all(head.as_bytes()).await?;
    writer.write_all(body.as_bytes()).await?;
    writer.shutdown().await
}

/// Sends a scraper's request and returns the response.
pub(crate) async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        _ => Err(io::Error::other(answer)),
    }
}
